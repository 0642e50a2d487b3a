"""One start of a hello application, until its first response: `python -m benchmarks.cold CONTESTANT ROUTES`.

Imports nothing beside the contestant's own module but what the interpreter has loaded anyway. Prints processor time in
milliseconds and the most memory held, in MB.
"""

import sys
import time

from benchmarks.texts import HOST


def environ() -> dict[str, object]:
    """Return what a server passes for `GET /`."""
    import io

    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def peak_memory() -> float:
    """Return the most memory that this process held, in MB; `getrusage` would count its parent's."""
    with open("/proc/self/status") as status:  # noqa: PTH123  pathlib would be loaded for it
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")


def main() -> None:
    """Build, ask once, measure."""
    contestant, routes = sys.argv[1:]
    module = __import__(f"benchmarks.hello.{contestant.replace('-', '_')}", fromlist=["build"])
    app = module.build(int(routes))
    statuses = []
    body = app(environ(), lambda status, headers, exc_info=None: statuses.append(status))
    answer = b"".join(body)
    used = time.process_time()
    if statuses != ["200 OK"] or not answer:
        sys.exit(f"{contestant} answers {statuses} {answer!r}")
    print(used * 1000, peak_memory())


if __name__ == "__main__":
    main()
