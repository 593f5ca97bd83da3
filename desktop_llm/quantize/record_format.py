"""A job as its record on the disk holds it, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from desktop_llm.core.errors import AppError, Fix, Sentence
from desktop_llm.quantize.types import Job, JobProgress, JobRequest, JobResult

_VERSION = 1
_PROGRESS = TypeAdapter(JobProgress)
_RESULT = TypeAdapter(JobResult)


def to_json(job: Job) -> bytes:
    """The record of `job`; where its log lies is not part of it."""
    values = {
        "version": _VERSION,
        "request": job.request.model_dump(mode="json"),
        "started_at": job.started_at,
        "progress": asdict(job.progress),
        "result": None if job.result is None else _RESULT.dump_python(job.result, mode="json"),
        "failure": None if job.failure is None else _failure_to_json(job.failure),
        "warnings": [_text_to_json(text) for text in job.warnings],
        "facts": job.facts,
    }
    return json.dumps(values, ensure_ascii=False, indent=1, default=str).encode()


def from_json(data: bytes, job_id: str, log: Path) -> Job:
    """The job in a record. Raises ValueError for anything else, or one of a newer app."""
    try:
        values = json.loads(data)
        if values["version"] != _VERSION:
            raise ValueError(f"version {values['version']}")
        result, failure = values["result"], values["failure"]
        return Job(
            id=job_id,
            request=JobRequest.model_validate(values["request"]),
            started_at=float(values["started_at"]),
            progress=_PROGRESS.validate_python(values["progress"]),
            log=log,
            result=None if result is None else _RESULT.validate_python(result),
            failure=None if failure is None else _failure_from_json(failure),
            warnings=tuple(map(_text_from_json, values["warnings"])),
            facts=dict(values["facts"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise ValueError(str(error)) from error


def _failure_to_json(failure: AppError) -> dict[str, Any]:
    return {
        "code": failure.code,
        "message": _text_to_json(failure.message),
        "hint": _text_to_json(failure.hint),
        "detail": failure.detail,
        "fix": failure.fix,
        "fix_value": failure.fix_value,
    }


def _failure_from_json(values: dict[str, Any]) -> AppError:
    return AppError(
        str(values["code"]),
        _text_from_json(values["message"]),
        _text_from_json(values["hint"]),
        str(values["detail"]),
        Fix(values["fix"]),
        str(values["fix_value"]),
    )


def _text_to_json(text: str) -> Any:
    """A `Sentence` keeps its template, so that it can be said in another language later."""
    if not isinstance(text, Sentence):
        return text
    values = {name: _text_to_json(value) for name, value in text.values.items()}
    return {"text": str(text), "template": text.template, "values": values}


def _text_from_json(value: Any) -> str:
    if isinstance(value, str):
        return value
    made = Sentence(value["text"])
    made.template = str(value["template"])
    made.values = {name: _text_from_json(each) for name, each in value["values"].items()}
    return made
