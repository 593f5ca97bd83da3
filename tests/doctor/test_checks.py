"""Each pitfall, caused for real wherever a test can cause it."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.core.builds import engine_build
from desktop_llm.doctor import hardware, libraries, models, storage, system
from desktop_llm.doctor.findings import Finding, Status
from desktop_llm.telemetry.gpus import GpuReading
from tests.doctor.conftest import GIB, RTX, Make
from tests.helpers.model_folders import make_model
from tests.helpers.tiny_models import GUIDE, TOKENIZER_FILES

NO_GPU = GpuReading(problem="No NVIDIA driver was found.")


def assert_failed(finding: Finding, *words: str) -> None:
    assert finding.status is Status.FAIL
    assert finding.fix
    for word in words:
        assert word in f"{finding.text} {finding.fix}"


def assert_noted(finding: Finding, *words: str) -> None:
    assert finding.status is Status.NOTE
    assert finding.fix
    for word in words:
        assert word in f"{finding.text} {finding.fix}"


def assert_passed(finding: Finding) -> None:
    assert finding.status is Status.PASS, finding.text


def refuse_writing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Every temporary file meets this errno: tests may run as root, who may write anywhere."""

    def refuse(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)


class TestLibraries:
    def test_that_this_installation_has_them_all(self, surroundings: Make) -> None:
        versions = libraries.read_versions()
        assert "desktop-llm" in versions
        assert_passed(libraries.installed(surroundings(versions=versions)))

    def test_that_missing_ones_are_named(self, surroundings: Make) -> None:
        assert_failed(libraries.installed(surroundings(versions={"torch": "2"})), "vllm", "awq")

    def test_that_a_broken_library_is_found_by_importing_it(
        self, surroundings: Make, tmp_path: Path
    ) -> None:
        (tmp_path / "cracked.py").write_text("raise RuntimeError('operator nms does not exist')")
        here = surroundings(environment={**os.environ, "PYTHONPATH": str(tmp_path)})
        finding = libraries.importable("cracked")(here)
        assert_failed(finding, "RuntimeError: operator nms does not exist", "bootstrap")
        assert_passed(libraries.importable("json")(here))

    def test_that_a_hanging_import_does_not_hang_us(
        self, surroundings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "sleepy.py").write_text("import time; time.sleep(60)")
        monkeypatch.setattr(libraries, "_IMPORT_SECONDS", 0.5)
        here = surroundings(environment={**os.environ, "PYTHONPATH": str(tmp_path)})
        assert_failed(libraries.importable("sleepy")(here), "no answer")

    def test_that_cuda_wheels_beside_cpu_torch_are_found(
        self, surroundings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(tmp_path))
        assert_passed(libraries.stray_wheels(surroundings()))
        _pretend_installed(tmp_path, "torchvision", "0.28.0")
        assert_failed(
            libraries.stray_wheels(surroundings()),
            "torchvision 0.28.0",
            "pip uninstall torchvision",
        )
        assert_passed(libraries.stray_wheels(surroundings(build="cuda")))

    def test_that_a_second_index_is_a_note(self, surroundings: Make, tmp_path: Path) -> None:
        clean = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull}
        assert_passed(libraries.package_indexes(surroundings(environment=clean)))
        variable = clean | {"PIP_EXTRA_INDEX_URL": "https://user:secret@example.org"}
        finding = libraries.package_indexes(surroundings(environment=variable))
        assert_noted(finding, "extra-index-url")
        assert "secret" not in finding.text
        file = tmp_path / "pip.conf"
        file.write_text("[global]\nfind-links = /somewhere\n")
        configured = clean | {"PIP_CONFIG_FILE": str(file)}
        finding = libraries.package_indexes(surroundings(environment=configured))
        assert_noted(finding, "find-links")

    def test_that_a_pip_that_does_not_answer_is_no_pass(
        self, surroundings: Make, tmp_path: Path
    ) -> None:
        (tmp_path / "pip.py").write_text("raise SystemExit('No pip here')")
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
        finding = libraries.package_indexes(surroundings(environment=environment))
        assert_noted(finding, "No pip here")

    def test_that_the_build_is_known(self) -> None:
        assert engine_build() in {"cpu", "cuda"}


class TestHardware:
    def test_that_a_new_gpu_is_well(self, surroundings: Make) -> None:
        cuda = surroundings(build="cuda")
        assert_passed(hardware.driver(cuda))
        assert_passed(hardware.gpus(cuda))
        assert "22.0 GiB free of 24.0 GiB" in hardware.gpus(cuda).text

    @pytest.mark.parametrize("version", ["570.86.10", "535.1", "unreadable"])
    def test_that_an_old_driver_is_named(self, surroundings: Make, version: str) -> None:
        old = surroundings(build="cuda", gpus=GpuReading(version, (RTX,)))
        assert_failed(hardware.driver(old), version, "580", "--device cpu")

    def test_that_a_cuda_build_needs_a_gpu(self, surroundings: Make) -> None:
        bare = surroundings(build="cuda", gpus=NO_GPU)
        assert_failed(hardware.driver(bare), "No NVIDIA driver was found.", "--device cpu")
        assert_failed(hardware.gpus(bare), "no GPU")

    def test_that_an_old_gpu_is_refused(self, surroundings: Make) -> None:
        pascal = replace(RTX, name="GTX 1080", compute_capability=(6, 1))
        old = surroundings(build="cuda", gpus=GpuReading("580.1", (pascal,)))
        assert_failed(hardware.gpus(old), "GTX 1080", "7.5")
        both = surroundings(build="cuda", gpus=GpuReading("580.1", (pascal, RTX)))
        assert_passed(hardware.gpus(both))

    def test_that_hidden_gpus_are_noticed(self, surroundings: Make) -> None:
        hidden = surroundings(build="cuda", environment={"CUDA_VISIBLE_DEVICES": "-1"})
        assert_failed(hardware.gpus(hidden), "CUDA_VISIBLE_DEVICES")

    def test_that_full_vram_is_a_note(self, surroundings: Make) -> None:
        full = replace(RTX, free_bytes=GIB)
        assert_noted(hardware.gpus(surroundings(build="cuda", gpus=GpuReading("580", (full,)))))

    def test_that_a_build_that_cannot_compile_is_told(
        self, surroundings: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        assert_failed(hardware.compiler(surroundings(build="cuda")), "Triton", "-dev")
        assert_noted(hardware.compiler(surroundings(build="cpu")))

    def test_that_the_cpu_build_wants_pythons_headers_too(
        self, surroundings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "g++").touch(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(tmp_path)})
        assert_noted(hardware.compiler(surroundings(build="cpu")), "headers", "python3")
        (tmp_path / "Python.h").touch()
        assert_passed(hardware.compiler(surroundings(build="cpu")))

    def test_that_a_gpu_left_idle_by_the_cpu_build_is_a_note(self, surroundings: Make) -> None:
        assert_noted(hardware.gpus(surroundings()), "RTX 4090", "--device cuda")
        assert_passed(hardware.gpus(surroundings(gpus=NO_GPU)))
        assert "22.0 GiB free" in hardware.gpus(surroundings()).text
        assert_passed(hardware.driver(surroundings(gpus=NO_GPU)))
        assert "580.95.05" in hardware.driver(surroundings()).text

    def test_that_without_vllm_nothing_is_said_to_be_well(self, surroundings: Make) -> None:
        nothing = surroundings(build="")
        assert_noted(hardware.driver(nothing), "580.95.05", "--repair")
        assert_noted(hardware.gpus(nothing), "RTX 4090", "--repair")

    def test_that_a_gpu_that_does_not_tell_its_age_may_be_new_enough(
        self, surroundings: Make
    ) -> None:
        silent = GpuReading("590.1", (replace(RTX, compute_capability=None),))
        assert_passed(hardware.gpus(surroundings(build="cuda", gpus=silent)))

    def test_that_the_cpu_build_needs_vector_instructions(self, surroundings: Make) -> None:
        assert_passed(hardware.processor(surroundings()))
        assert_noted(hardware.processor(surroundings(instruction_sets=("AVX2",))), "AVX-512")
        assert_failed(hardware.processor(surroundings(instruction_sets=())), "AVX2")
        assert_passed(hardware.processor(surroundings(instruction_sets=("NEON",))))
        assert_passed(hardware.processor(surroundings(instruction_sets=(), build="cuda")))

    def test_that_little_memory_and_disk_are_said(self, surroundings: Make) -> None:
        assert_passed(hardware.memory(surroundings()))
        assert_noted(hardware.memory(surroundings(ram_available_bytes=GIB)), "1.0 GiB")
        assert_passed(hardware.disk(surroundings()))
        assert_noted(hardware.disk(surroundings(disk_free_bytes=2 * GIB)))
        assert_failed(hardware.disk(surroundings(disk_free_bytes=2**20)), "Free some")

    def test_that_few_open_files_are_refused(
        self, surroundings: Make, few_open_files: None
    ) -> None:
        assert_failed(hardware.open_files(surroundings()), "512", "ulimit -n")

    def test_that_enough_open_files_pass(self, surroundings: Make) -> None:
        assert_passed(hardware.open_files(surroundings()))

    def test_that_little_shared_memory_is_a_note(
        self, surroundings: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert_passed(hardware.shared_memory(surroundings()))
        real = os.statvfs("/dev/shm")
        small = os.statvfs_result([*real[:4], 2**24 // real.f_frsize, *real[5:]])
        monkeypatch.setattr(os, "statvfs", lambda path: small)
        assert_noted(hardware.shared_memory(surroundings()), "--shm-size")

    def test_that_another_cuda_in_front_is_a_note(self, surroundings: Make, tmp_path: Path) -> None:
        (tmp_path / "cuda-12").mkdir()
        environment = {"LD_LIBRARY_PATH": f"/nowhere:{tmp_path}/cuda-12"}
        cuda = surroundings(build="cuda", environment=environment)
        assert_noted(hardware.cuda_libraries(cuda), "cuda-12")
        assert_passed(hardware.cuda_libraries(surroundings(build="cuda", environment={})))

    @pytest.fixture
    def few_open_files(self) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        yield
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestSystem:
    def test_that_fork_is_refused(self, surroundings: Make) -> None:
        variable = "VLLM_WORKER_MULTIPROC_METHOD"
        assert_passed(system.spawn(surroundings(environment={variable: "spawn"})))
        assert_failed(system.spawn(surroundings(environment={variable: "fork"})), "fork", variable)

    def test_that_an_open_network_is_a_note(self, surroundings: Make) -> None:
        quiet = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
        assert_passed(system.privacy(surroundings(environment=quiet)))
        loud = surroundings(environment=quiet | {"HF_HUB_OFFLINE": "0"})
        assert_noted(system.privacy(loud), "HF_HUB_OFFLINE")

    def test_that_qt_starts(self, surroundings: Make) -> None:
        assert_passed(system.qt_offscreen(surroundings()))

    def test_that_a_qt_without_a_library_is_found(self, surroundings: Make, tmp_path: Path) -> None:
        (tmp_path / "PySide6").mkdir()
        reason = "libEGL.so.1: cannot open shared object file"
        (tmp_path / "PySide6" / "__init__.py").write_text(f"raise ImportError({reason!r})")
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        finding = system.qt_offscreen(surroundings(environment=environment))
        assert_failed(finding, reason, "apt install libegl1")

    def test_that_no_display_is_a_note(self, surroundings: Make) -> None:
        assert_noted(system.qt_display(surroundings(environment={})), "terminal")

    def test_that_a_dead_display_is_found(self, surroundings: Make) -> None:
        dead = {**os.environ, "DISPLAY": ":9876", "QT_QPA_PLATFORM": ""}
        dead.pop("WAYLAND_DISPLAY", None)
        finding = system.qt_display(surroundings(environment=dead))
        if "xcb-cursor" in finding.text:  # Qt looks for this library before the display
            assert_failed(finding, "apt install")
        else:
            assert_failed(finding, "The display :9876 does not answer.")

    def test_that_a_working_display_passes(self, surroundings: Make) -> None:
        working = surroundings(environment={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        assert_passed(system.qt_display(working))
        assert "offscreen" in system.qt_display(working).text

    def test_that_another_locale_is_a_note(
        self, surroundings: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale: "UTF-8")
        assert_passed(system.text_encoding(surroundings()))
        monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale: "ISO-8859-1")
        assert_noted(system.text_encoding(surroundings()), "ISO-8859-1", "LANG")


class TestStorage:
    def test_that_folders_yet_to_be_made_are_well_and_stay_unmade(self, surroundings: Make) -> None:
        here = surroundings()
        assert_passed(storage.folders(here))
        assert not here.paths.data.exists()

    def test_that_a_folder_of_someone_else_is_named_and_none_above_it(
        self, surroundings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = surroundings()
        refuse_writing(monkeypatch, errno.EACCES)
        finding = storage.folders(here)
        assert_failed(finding, str(here.paths.config), "sudo install -d -o")
        assert "chown" not in finding.fix
        here.paths.config.mkdir()
        finding = storage.folders(here)
        assert_failed(finding, f'sudo chown -R "$USER" {here.paths.config} &&')
        named = re.findall(r"/\S*", finding.fix)
        assert set(named) == {str(here.paths.config)}

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "Free some space"),
            (errno.EROFS, "read-only"),
            (errno.ENOLCK, "cannot lock files"),
            (errno.EIO, "DESKTOP_LLM_HOME"),
        ],
    )
    def test_that_what_is_wrong_with_a_folder_decides_what_to_do(
        self, surroundings: Make, monkeypatch: pytest.MonkeyPatch, number: int, words: str
    ) -> None:
        refuse_writing(monkeypatch, number)
        finding = storage.folders(surroundings())
        assert_failed(finding, words)
        assert "chown" not in finding.fix

    def test_that_a_file_in_a_folders_place_is_said(self, surroundings: Make) -> None:
        here = surroundings()
        here.paths.data.write_text("a file in the way")
        assert_failed(storage.folders(here), str(here.paths.data), "move the file away")

    def test_that_open_conversations_are_a_note(self, surroundings: Make) -> None:
        here = surroundings()
        assert_passed(storage.data_is_private(here))
        here.paths.data.mkdir(mode=0o755)
        assert_noted(storage.data_is_private(here), "755", f"chmod 700 {here.paths.data}")
        here.paths.data.chmod(stat.S_IRWXU)
        assert_passed(storage.data_is_private(here))

    def test_that_a_whole_database_passes_and_a_damaged_one_does_not(
        self, surroundings: Make
    ) -> None:
        here = surroundings()
        assert_passed(storage.database(here))
        path = here.paths.conversations
        path.parent.mkdir()
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE messages (text)")
        connection.executemany("INSERT INTO messages VALUES (?)", [("x" * 500,)] * 200)
        connection.commit()
        connection.close()
        assert_passed(storage.database(here))
        data = bytearray(path.read_bytes())
        data[8192:20000] = bytes(20000 - 8192)
        path.write_bytes(data)
        assert_failed(storage.database(here), str(path), "backup")
        path.write_bytes(b"not a database at all" * 100)
        assert_failed(storage.database(here), "not a database")

    def test_that_broken_settings_are_found_and_left_in_place(self, surroundings: Make) -> None:
        here = surroundings()
        assert_passed(storage.settings(here))
        here.paths.config.mkdir()
        for text in ("{", '{"theme": "purple"}', "[]"):
            here.paths.settings.write_text(text)
            assert_failed(storage.settings(here), str(here.paths.settings))
            assert here.paths.settings.read_text() == text
        here.paths.settings.write_text('{"theme": "dark"}')
        assert_passed(storage.settings(here))


class TestModels:
    def test_that_a_damaged_model_is_found(self, surroundings: Make, tmp_path: Path) -> None:
        folder = make_model(tmp_path / "m")
        assert_passed(models.whole(surroundings(models=(folder,))))
        os.truncate(folder / "model.safetensors", 20)
        assert_failed(models.whole(surroundings(models=(folder,))), "model.safetensors")

    def test_that_templates_and_tokenizers_are_compared(
        self, surroundings: Make, tmp_path: Path
    ) -> None:
        assert_passed(models.templates_agree(surroundings(models=(GUIDE,))))
        loop = "{% for m in messages %}"
        foreign = loop + "<|im_start|>{{ m.content }}<|end|>{% endfor %}"
        endless = loop + "{{ m.content }}\n{% endfor %}"
        forgetful = "{{ messages[-1].content }}<|end|>"
        folders = [
            _tokenizer_copy(tmp_path / "endless", endless),
            _tokenizer_copy(tmp_path / "forgetful", forgetful),
            _tokenizer_copy(tmp_path / "broken", endless),
            _tokenizer_copy(tmp_path / "raising", "{{ raise_exception('Roles must alternate') }}"),
            GUIDE,
        ]
        (folders[2] / "tokenizer.json").write_text('{"model": {}}')
        finding = models.templates_agree(surroundings(models=tuple(folders)))
        assert_failed(finding)
        assert re.search(r"endless: .*no token at which generation would stop", finding.text)
        assert re.search(r"forgetful: .*leaves out turns", finding.text)
        assert re.search(r"broken: The tokenizer does not load", finding.text)
        assert re.search(r"raising: The chat template fails: .*Roles must alternate", finding.text)
        assert "template" in finding.fix
        assert "guide-model" not in finding.text
        mark = _tokenizer_copy(tmp_path / "foreign", foreign)
        odd = models.templates_agree(surroundings(models=(GUIDE, mark)))
        assert_noted(odd, "foreign: The template writes <|im_start|>, which is not one token")


def _pretend_installed(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def _tokenizer_copy(folder: Path, template: str) -> Path:
    """The guide's tokenizer with another template."""
    folder.mkdir()
    for name in (*TOKENIZER_FILES, "config.json"):
        if (GUIDE / name).exists():
            (folder / name).write_bytes((GUIDE / name).read_bytes())
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "chat_template.jinja").write_text(template)
    return folder
