"""Whether the texts by which docs/operating.md names symptoms are those of the code.

Usage: troubleshooting.py CHECKOUT
"""

import pathlib
import re
import sys

STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?(?:ll|l|z)?[a-zA-Z]")
# What boto3 writes before a message.
SDK = re.compile(r"^An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: ")


def literals(text):
    """String literals of C, those that stand together joined."""
    text = re.sub(r"\\\n", "\n", text)
    found, end, last = [], None, ""
    for match in STRING.finditer(text):
        between = text[end:match.start()] if end is not None else None
        if between is not None and between.strip() == "":
            last += match.group(1)
        else:
            found.append(last)
            last = match.group(1)
        end = match.end()
    return found + [last]


def pattern(literal):
    """What the literal prints, as a regular expression; %m and such are any text."""
    literal = literal.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return ".*".join(re.escape(part) for part in CONVERSION.split(literal))


def main(checkout):
    sources = [path.read_text() for path in sorted((checkout / "src").rglob("*.[ch]"))]
    texts = [literal for source in sources for literal in literals(source)]
    names = {literal for literal in texts if literal.endswith(("Exception", "Error"))}
    # one that says nothing of its own would match everything
    patterns = [re.compile(pattern(literal)) for literal in texts if len(CONVERSION.sub("", literal)) >= 15]

    section = (checkout / "docs/operating.md").read_text().split("\n## Troubleshooting\n")[1].split("\n## ")[0]
    symptoms = re.findall(r"\*\*`([^`]+)`\*\*", section)
    print("ok - symptoms are named" if len(symptoms) > 20 else "not ok - no symptoms are found")
    for symptom in symptoms:
        sdk = SDK.match(symptom)
        message = symptom[sdk.end():] if sdk else symptom
        known = any(each.fullmatch(message) for each in patterns) and (not sdk or sdk.group(1) in names)
        print("%sok - docs/operating.md: %s" % ("" if known else "not ", symptom))


main(pathlib.Path(sys.argv[1]))
