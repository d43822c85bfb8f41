"""Reads Prometheus's text format, and refuses what is no such text."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)?\})? (-?[0-9.]+|NaN|[+-]Inf)" % (NAME, LABEL, LABEL))
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Family:
    def __init__(self, kind, help_text):
        self.kind = kind
        self.help = help_text
        self.samples = {}  # (name, frozenset of labels) -> number


def unescape(text):
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def parse(text):
    """The families by name; raises ValueError for a text that is not in the format."""
    families, name = {}, None
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            _, _, name, help_text = line.split(" ", 3)
            if name in families:
                raise ValueError("twice: " + line)
            families[name] = Family(None, help_text)
        elif line.startswith("# TYPE "):
            _, _, typed, kind = line.split(" ")
            if typed != name or kind not in SUFFIXES or families[name].kind is not None:
                raise ValueError(line)
            families[name].kind = kind
        else:
            match = SAMPLE.fullmatch(line)
            if match is None or name is None or match[1] not in [name + suffix for suffix in SUFFIXES[families[name].kind]]:
                raise ValueError(line)
            pairs = re.findall(LABEL, match[2] or "")
            key = match[1], frozenset((label, unescape(value)) for label, value in pairs)
            if key in families[name].samples or len(key[1]) != len(pairs):
                raise ValueError("twice: " + line)
            families[name].samples[key] = float(match[7])
    for name, family in families.items():
        if family.kind == "histogram":
            check_histogram(name, family)
        elif family.kind == "counter" and not name.endswith("_total"):
            raise ValueError("a counter named " + name)
    return families


def check_histogram(name, family):
    """Buckets grow, and the last one is the count."""
    series = {}
    for (sample, labels), number in family.samples.items():
        if sample == name + "_bucket":
            bound = float(dict(labels)["le"])
            series.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), {})[bound] = number
    for labels, buckets in series.items():
        numbers = [buckets[bound] for bound in sorted(buckets)]
        if numbers != sorted(numbers) or float("inf") not in buckets:
            raise ValueError("buckets of %s" % dict(labels))
        if numbers[-1] != family.samples[name + "_count", labels]:
            raise ValueError("count of %s" % dict(labels))


def value(families, name, **labels):
    """The sample's number, or None where there is none; name may be one of a histogram's."""
    family = families.get(name) or families.get(name.rsplit("_", 1)[0])
    return family.samples.get((name, frozenset(labels.items()))) if family else None
