"""Load on the HTTP endpoint by wrk, which sends requests that were signed beforehand."""

import os
import subprocess
import sys

import common
import endpoint

# Sends the requests of a file, one after the other and from the start again. Each thread has
# requests of its own: of two equal puts in a row the second would change nothing.
LUA = r"""
local threads, requests, next = 0, {}, 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(arguments)
  local file, read = io.open(arguments[1], "rb"), 0
  for length in file:lines() do
    local request = file:read(tonumber(length))
    if read % tonumber(arguments[2]) == number then requests[#requests + 1] = request end
    read = read + 1
  end
  file:close()
end
function request()
  next = next % #requests + 1
  return requests[next]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %f %f %f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def path(name):
    return os.path.join(os.environ["BENCH_FILES"], name)


def write_requests(name, key, operation, bodies):
    """Signatures are good for five minutes."""
    with open(path(name), "wb") as file:
        for body in bodies:
            request = endpoint.signed(key, operation, body.encode())
            file.write(b"%d\n%s" % (len(request), request))


def start(requests, connections, port, seconds, script=LUA):
    # With fewer threads than processors it is the load that waits for its turn.
    threads = min(connections, os.cpu_count())
    return subprocess.Popen(
        ["wrk", "-t", str(threads), "-c", str(connections), "-d", "%ds" % seconds, "-s", common.write_script(requests + ".lua", script),
         "http://127.0.0.1:%s/" % port, "--", path(requests), str(threads)], stdout=subprocess.PIPE, text=True)


def result(process, may_fail=False):
    """Requests a second, and p50 and p99 in milliseconds; and how many failed, if some may."""
    output = process.communicate()[0]
    if process.returncode != 0:
        sys.exit("wrk has failed")
    throughput, p50, p99, errors = next(line for line in output.splitlines() if line.startswith("result")).split()[1:]
    if int(errors) > 0 and not may_fail:
        sys.exit("%s requests failed" % errors)
    return (float(throughput), float(p50), float(p99)) + ((int(errors),) if may_fail else ())
