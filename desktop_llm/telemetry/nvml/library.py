"""NVML's functions with their failures sorted: not reported, a GPU gone, the driver gone."""

from __future__ import annotations

from typing import Any

from desktop_llm.core.errors import sentence
from desktop_llm.telemetry.sample import DriverState

_ALL_ONES = (0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)  # NVML_VALUE_NOT_AVAILABLE in both widths


class GpuGoneError(Exception):
    """The GPU fell off the bus, or must be reset."""


class DriverGoneError(Exception):
    """The driver no longer answers this session: it must be opened anew. The text is a sentence."""

    def __init__(self, state: DriverState, problem: str, *, reopen_now: bool = False) -> None:
        super().__init__(problem)
        self.state = state
        self.problem = problem
        self.reopen_now = reopen_now


class NotReadError(Exception):
    """A value could not be read. The text is NVML's, and so is `code`; None where it has none."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Library:
    """The loaded and initialized NVML. For one thread."""

    def __init__(self) -> None:
        """Load and initialize. Raises DriverGoneError."""
        try:
            import pynvml
        except ImportError:
            raise DriverGoneError(
                DriverState.ABSENT, sentence("The NVML bindings (nvidia-ml-py) are not installed.")
            ) from None
        self.raw: Any = pynvml
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise self.driver_gone(error) from error

    def ask(self, function: str, *arguments: Any) -> Any:
        """What NVML answers; None if not reported. Raises GpuGoneError, DriverGoneError."""
        try:
            return self.must(function, *arguments)
        except NotReadError:
            return None

    def text(self, function: str, *arguments: Any) -> str:
        """As `ask`, for a text; empty if it is not reported."""
        value = self.ask(function, *arguments)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value or ""

    def must(self, function: str, *arguments: Any) -> Any:
        """What NVML answers. Raises NotReadError, GpuGoneError, DriverGoneError."""
        try:
            return getattr(self.raw, function)(*arguments)
        except self.raw.NVMLError as error:
            if error.value in (self.raw.NVML_ERROR_GPU_IS_LOST, self.raw.NVML_ERROR_RESET_REQUIRED):
                raise GpuGoneError(str(error)) from error
            if error.value in (
                self.raw.NVML_ERROR_UNINITIALIZED,
                self.raw.NVML_ERROR_DRIVER_NOT_LOADED,
                self.raw.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
            ):
                raise self.driver_gone(error) from error
            raise NotReadError(str(error), error.value) from error
        # Older bindings lack a function; a garbled text is no UTF-8.
        except (AttributeError, ValueError) as error:
            raise NotReadError(str(error)) from error

    def supports(self, function: str) -> bool:
        """Whether the driver's library has this C function."""
        return hasattr(self.raw.nvmlLib, function)

    def close(self) -> None:
        """Give the driver back; a GPU nobody uses may then sleep."""
        try:
            self.raw.nvmlShutdown()
        except self.raw.NVMLError:
            return  # gone by itself

    def driver_gone(self, error: Any) -> DriverGoneError:
        """What an NVMLError of this kind says about the driver."""
        nvml = self.raw
        if error.value in (nvml.NVML_ERROR_LIBRARY_NOT_FOUND, nvml.NVML_ERROR_DRIVER_NOT_LOADED):
            return DriverGoneError(DriverState.ABSENT, sentence("No NVIDIA driver was found."))
        if error.value == nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
            return DriverGoneError(
                DriverState.OUTDATED,
                sentence(
                    "The NVIDIA driver was updated and the old one is still loaded. Restart the "
                    "computer."
                ),
            )
        return DriverGoneError(
            DriverState.FAILING,
            sentence("The NVIDIA driver does not answer: {reason}.", reason=error),
            reopen_now=error.value == nvml.NVML_ERROR_UNINITIALIZED,
        )


def number(value: Any) -> int | None:
    """One of NVML's numbers; None for those that mean "not available"."""
    return None if value is None or value in _ALL_ONES else int(value)
