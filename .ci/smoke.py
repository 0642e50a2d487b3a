"""Answer one request with the installed package: what somebody does first after `pip install newel`."""

from __future__ import annotations

from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from newel import App, Router

router = Router()


@router.get("/hello/<name>")
def hello(name: str, times: int = 1) -> dict[str, str]:
    """Greet, as JSON."""
    return {"hello": " ".join([name] * times)}


def main() -> None:
    """Boot an application for production and call it as a server would."""
    app = App(
        {"app": {"hosts": ["127.0.0.1"], "secret": "9b1f64c07d8ea2353f6cc1b7f0a4e88d52c7791ea06b43df"}}, routes=[router]
    )
    environ = {"SCRIPT_NAME": "", "PATH_INFO": "/hello/you", "QUERY_STRING": "times=2"}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    body = validator(app)(
        environ, lambda status, headers, exc_info=None: statuses.append(status) or (lambda data: None)
    )
    answer = b"".join(body)
    body.close()
    if (statuses, answer) != (["200 OK"], b'{"hello":"you you"}'):
        raise SystemExit(f"the installed package answered {statuses} {answer!r}")
    print("the installed package answers")


if __name__ == "__main__":
    main()
