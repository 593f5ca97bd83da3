"""How an answer is drawn from the model: vLLM's sampling settings, validated."""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Penalty = Annotated[float, Field(ge=-2, le=2)]
TokenId = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]

_STRUCTURED = ("json_schema", "regex", "choice")


class SamplingSettings(BaseModel):
    """vLLM's usual sampling settings. None or empty means the model's own default.

    At most one of `json_schema`, `regex` and `choice` is set: the answer then has that form
    (vLLM's structured outputs).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=5)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    stop: tuple[Text, ...] = ()
    stop_token_ids: tuple[TokenId, ...] = ()
    include_stop_str_in_output: bool = False
    bad_words: tuple[Text, ...] = ()
    logit_bias: dict[TokenId, Annotated[float, Field(ge=-100, le=100)]] = Field(
        default_factory=dict
    )
    allowed_token_ids: tuple[TokenId, ...] = ()
    json_schema: Text | None = None
    regex: Text | None = None
    choice: tuple[Text, ...] = ()
    ignore_eos: bool = False
    skip_special_tokens: bool = True
    spaces_between_special_tokens: bool = True

    def overlaid(self, other: SamplingSettings) -> SamplingSettings:
        """These settings with every value `other` sets explicitly in their place."""
        return self.model_copy(update=other.model_dump(exclude_unset=True))

    @field_validator("min_tokens")
    @classmethod
    def _min_within_max(cls, least: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("max_tokens")
        if least is not None and most is not None and least > most:
            raise PydanticCustomError(
                "min_above_max",
                "min tokens ({least}) must be at most max tokens ({most})",
                {"least": least, "most": most},
            )
        return least

    @field_validator("json_schema")
    @classmethod
    def _schema_is_json(cls, schema: str | None) -> str | None:
        if schema is None:
            return None
        try:
            parsed = json.loads(schema)
        except (ValueError, RecursionError) as error:
            place = getattr(error, "lineno", 1)
            raise PydanticCustomError(
                "bad_json", "this is not valid JSON (line {line})", {"line": place}
            ) from error
        if not isinstance(parsed, dict):
            raise PydanticCustomError("bad_schema", "a JSON schema is an object, in braces", {})
        return schema

    @field_validator("regex")
    @classmethod
    def _regex_compiles(cls, regex: str | None) -> str | None:
        try:
            re.compile(regex or "")
        except re.error as error:
            # vLLM's grammars know escapes that Python does not: \p{L} is for vLLM to judge.
            if not error.msg.startswith("bad escape"):
                raise PydanticCustomError(
                    "bad_regex",
                    "this is not a valid regular expression: {reason}",
                    {"reason": str(error)},
                ) from error
        return regex

    @field_validator("regex", "choice")
    @classmethod
    def _one_form(
        cls, value: str | tuple[str, ...] | None, info: ValidationInfo
    ) -> str | tuple[str, ...] | None:
        if value and any(info.data.get(name) for name in _STRUCTURED):
            raise PydanticCustomError(
                "two_forms",
                "only one of JSON schema, regular expression and choices can shape the answer",
                {},
            )
        return value
