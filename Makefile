EXTENSION = ddb
MODULE_big = ddb
DATA = $(wildcard ddb--*.sql)
SCRIPTS := $(wildcard tools/ddb-*)

# What flex and bison write is found beside its source, and is not committed.
FOLDERS = src src/* src/*/*
GRAMMARS = $(wildcard $(FOLDERS:=/*.y))
SCANNERS = $(wildcard $(FOLDERS:=/*.l))
GENERATED = $(GRAMMARS:.y=.c) $(SCANNERS:.l=.c)
GENERATED_HEADERS = $(GRAMMARS:.y=.h)

# sort also drops doubles: a generated file is in the wildcard once it exists.
SOURCES = $(sort $(wildcard $(FOLDERS:=/*.c)) $(GENERATED))
OBJS = $(SOURCES:.c=.o)
ALL_HEADERS = $(sort $(wildcard $(FOLDERS:=/*.h)) $(GENERATED_HEADERS))

REGRESS = setup $(filter-out setup $(SKIPPED),$(TESTS))
TESTS = $(sort $(basename $(notdir $(wildcard sql/*.sql))))
ISOLATION = $(filter-out $(SKIPPED),$(sort $(basename $(notdir $(wildcard test/isolation/specs/*.spec)))))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)
ENCODING = UTF8
NO_LOCALE = 1

PG_CONFIG ?= pg_config
export PG_CONFIG

# PostgreSQL's headers do not pass -Wextra, so they count as system headers.
# Its callbacks have fixed parameters, which not every callback needs.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement
ifneq (,$(findstring clang,$(CC)))
# The flags that PostgreSQL was built with are gcc's.
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes
endif
SHLIB_LINK = -ljson-c -lmicrohttpd -lgnutls -ldeflate -lcurl -lisal -lz -lzstd
# Where the server has a function of the same name, ours is meant here.
ifeq (Linux,$(shell uname -s))
SHLIB_LINK += -Wl,-Bsymbolic-functions
endif

EXTRA_CLEAN = $(GENERATED) $(GENERATED_HEADERS)

.DEFAULT_GOAL = all

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq (,$(wildcard $(PGXS)))
include $(PGXS)
else
# "make run" and "make test" install PostgreSQL's build files themselves.
all install installcheck:
	$(error PGXS not found: install postgresql-server-dev or set PG_CONFIG)
clean:
	rm -f $(OBJS) $(EXTRA_CLEAN)
endif

# PGXS looks for a script where it lay in the source.
uninstall: uninstall-scripts
uninstall-scripts:
	rm -f $(addprefix '$(DESTDIR)$(bindir)'/, $(notdir $(SCRIPTS)))

# Every header is the door of a whole folder, so any change of one rebuilds all.
$(OBJS) $(OBJS:.o=.bc): Makefile $(ALL_HEADERS)

$(GRAMMARS:.y=.c): BISONFLAGS += -d
$(GENERATED_HEADERS): %.h: %.c
	touch $@

# What a test wants of the server's configuration stands in its first line. "make test" has it all.
ifneq (,$(filter installcheck,$(MAKECMDGOALS)))
SKIPPED := $(sort $(shell test/unmet_needs names))
installcheck: tell-skipped
tell-skipped:
	@test/unmet_needs reasons
endif

.PHONY: tell-skipped uninstall-scripts run stop test torture sanitize bench deb remove-private

run:
	+scripts/run

stop:
	scripts/stop

test:
	+test/run all

# ROUNDS=n says how long, TORTURE_SEED=text which choices.
torture:
	+test/run torture

sanitize:
	+test/run sanitize

bench:
	+bench/run

# For the versions of PostgreSQL that this Debian has.
debian/control: debian/control.in debian/pgversions
	pg_buildext updatecontrol

deb: debian/control
	env -u MAKEFLAGS -u MAKELEVEL -u PG_CONFIG dpkg-buildpackage -us -uc -b

clean: remove-private
remove-private:
	scripts/stop --remove
