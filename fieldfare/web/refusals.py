"""How the API says no: ``{"code", "message"}`` for our own errors and for those of the framework alike.

What the framework refuses by itself (no such path, a wrong method, a form that does not fit) is given a code of ours.
No message quotes a value that was sent.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from fieldfare.ground.errors import CallerError, ConflictError, FieldfareError, PermanentError, TransientError

_SHOWN = 5


class Refused(BaseModel):
    """How a failure is told."""

    code: str
    message: str


def _said(description: str) -> dict[str, Any]:
    told = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Refused.__name__}"}}}
    return {"description": description, "content": told}


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: _said("What was asked does not hold; the message says why."),
    401: _said("Nobody is signed in, and the call carries no valid token."),
    403: _said("The caller may not do this; the message names the permission."),
    404: _said("There is nothing of this name."),
    405: _said("The path takes other methods; see `Allow`."),
    409: _said("Another process holds what is needed."),
    422: _said("A parameter or the body has not the form that is described."),
    429: _said("Too often; see `Retry-After`."),
    503: _said("Trying again can help; see `Retry-After`."),
}
"""What every call may answer, for the description. One call gives it the form (:data:`THE_FORM`), the others name it:
a model for each answer of each route would be what making the application costs most."""
THE_FORM: dict[int | str, dict[str, Any]] = {400: {"model": Refused, "description": REFUSALS[400]["description"]}}


def add_refusals(app: FastAPI) -> None:
    """Let the application answer every failure in our form."""
    app.add_exception_handler(FieldfareError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_path)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(Exception, _admit)


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FieldfareError)
    status, headers = 500, dict[str, str]()
    if isinstance(error, CallerError):
        status = error.status
        if error.retry_after_s is not None:
            headers = {"Retry-After": str(error.retry_after_s)}
    elif isinstance(error, ConflictError):
        status = 409
    elif isinstance(error, TransientError):
        status, headers = 503, {"Retry-After": str(int(error.retry_after_s or 1))}
    return _told(error, status, headers)


async def _refuse_path(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("Allow", "another")
        text = f"This path does not take {request.method[:10]}. Use {allowed}; `GET /api/openapi.json` describes all."
        return _told(CallerError("method_not_allowed", text), error.status_code, headers)
    if error.status_code == HTTPStatus.NOT_FOUND:
        text = "There is nothing at this path. `GET /api/openapi.json` describes those there are."
        return _told(CallerError("not_found", text), error.status_code, headers)
    text = f"The request cannot be read ({HTTPStatus(error.status_code).phrase}). Send it as described."
    return _told(CallerError("request_unreadable", text), error.status_code, headers)


async def _refuse_form(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [f"{_place(one['loc'])}: {one['msg']}" for one in error.errors()]
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    text = f"What was sent has not the form of this call: {'; '.join(wrong[:_SHOWN])}{more}. Send it as described."
    return _told(CallerError("request_invalid", text), HTTPStatus.UNPROCESSABLE_ENTITY)


async def _admit(_request: Request, _error: Exception) -> JSONResponse:
    """Tell that the fault is ours, and nothing of it: what an exception says may name people."""
    text = "This is a defect of the server, not of what was asked. The server's log names the place; report it."
    return _told(PermanentError("defect", text), HTTPStatus.INTERNAL_SERVER_ERROR)


def _place(path: tuple[int | str, ...]) -> str:
    """Return where it is wrong; the first part is ``body``, ``query`` or ``path``."""
    return ".".join(str(part) for part in path)


def _told(error: FieldfareError, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": error.code, "message": error.message}, status, headers)
