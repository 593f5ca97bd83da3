"""What other programs are told to reach the port, ready to paste. Pure texts."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from enum import StrEnum


class Client(StrEnum):
    """The clients there is a snippet for, in the order they are offered in."""

    CURL = "curl"
    PYTHON = "python"
    ANTHROPIC = "anthropic"
    CONTINUE = "continue"
    OPEN_WEBUI = "open_webui"
    CLINE = "cline"
    ZED = "zed"


@dataclass(frozen=True)
class Endpoint:
    """The port as a client sees it. `address` is the base URL without ``/v1``.

    `certificate` is the path of the PEM file that its TLS is trusted by, empty without TLS.
    """

    address: str
    model: str
    key: str
    context: int = 4096
    certificate: str = ""


def snippet(client: Client, end: Endpoint) -> str:
    """The text for `client`."""
    return _MAKERS[client](end)


def _curl(end: Endpoint) -> str:
    body = json.dumps(
        {
            "model": end.model,
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
        },
        ensure_ascii=False,
    )
    trust = f"--cacert {shlex.quote(end.certificate)} " if end.certificate else ""
    return (
        f"curl -N {trust}{end.address}/v1/chat/completions \\\n"
        f"  -H {shlex.quote(f'Authorization: Bearer {end.key}')} \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(body)}\n"
    )


def _python(end: Endpoint) -> str:
    return (
        f"{_imports('openai', 'OpenAI', end)}"
        f"client = OpenAI(\n{_arguments(f'{end.address}/v1', end)})\n"
        f"stream = client.chat.completions.create(\n"
        f"    model={_quoted(end.model)},\n"
        f'    messages=[{{"role": "user", "content": "Hello"}}],\n'
        f"    stream=True,\n"
        f")\n"
        f"for chunk in stream:\n"
        f'    print(chunk.choices[0].delta.content or "", end="", flush=True)\n'
    )


def _anthropic(end: Endpoint) -> str:
    return (
        f"{_imports('anthropic', 'Anthropic', end)}"
        f"client = Anthropic(\n{_arguments(end.address, end)})\n"
        f"message = client.messages.create(\n"
        f"    model={_quoted(end.model)},\n"
        f"    max_tokens=512,\n"
        f'    messages=[{{"role": "user", "content": "Hello"}}],\n'
        f")\n"
        f"print(message.content[0].text)\n"
    )


def _continue(end: Endpoint) -> str:
    trust = ""
    if end.certificate:
        trust = f"    requestOptions:\n      caBundlePath: {_quoted(end.certificate)}\n"
    return (
        f"models:\n"
        f"  - name: Desktop LLM\n"
        f"    provider: openai\n"
        f"    model: {_quoted(end.model)}\n"
        f"    apiBase: {end.address}/v1\n"
        f"    apiKey: {_quoted(end.key)}\n"
        f"{trust}"
        f"    roles: [chat, edit, apply]\n"
    )


def _open_webui(end: Endpoint) -> str:
    lines = {
        "ENABLE_OPENAI_API": "true",
        "OPENAI_API_BASE_URL": f"{end.address}/v1",
        "OPENAI_API_KEY": end.key,
    }
    if end.certificate:
        lines["SSL_CERT_FILE"] = end.certificate
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in lines.items())


def _cline(end: Endpoint) -> str:
    return (
        f"API Provider: OpenAI Compatible\n"
        f"Base URL: {end.address}/v1\n"
        f"API Key: {end.key}\n"
        f"Model ID: {end.model}\n"
        f"Context Window Size: {end.context}\n"
    )


def _zed(end: Endpoint) -> str:
    model = {"name": end.model, "display_name": "Desktop LLM", "max_tokens": end.context}
    provider = {"api_url": f"{end.address}/v1", "available_models": [model]}
    settings = {"language_models": {"openai_compatible": {"Desktop LLM": provider}}}
    return f"{json.dumps(settings, indent=2, ensure_ascii=False)}\n"


def _imports(module: str, name: str, end: Endpoint) -> str:
    http = "import httpx\n" if end.certificate else ""
    return f"{http}from {module} import {name}\n\n"


def _arguments(base: str, end: Endpoint) -> str:
    lines = [f"    base_url={_quoted(base)},\n", f"    api_key={_quoted(end.key)},\n"]
    if end.certificate:
        lines.append(f"    http_client=httpx.Client(verify={_quoted(end.certificate)}),\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    """As Python, YAML and JSON all write a string."""
    return json.dumps(text, ensure_ascii=False)


_MAKERS = {
    Client.CURL: _curl,
    Client.PYTHON: _python,
    Client.ANTHROPIC: _anthropic,
    Client.CONTINUE: _continue,
    Client.OPEN_WEBUI: _open_webui,
    Client.CLINE: _cline,
    Client.ZED: _zed,
}
