"""Models as they run: on ONNX Runtime, or on OpenVINO. Both give the same outputs, under the same names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from overlook.detect.onnx_file import external_locations
from overlook.detect.outside.files import read_model
from overlook.errors import ModelError, UsageError

Port = tuple[str, tuple[Any, ...], str]


class Network(Protocol):
    """An opened model: `inputs` and `outputs` as (name, shape, type), sizes that vary not being whole numbers."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def run(self, tile: NDArray[np.generic]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for one input batch. Raises ModelError when the model fails on it."""
        ...


def open_network(path: Path, runtime: str, threads: int) -> Network:
    """The model at `path` on `runtime` ("onnxruntime" or "openvino"), with `threads` threads.

    Raises ModelError for a file that is no model or that the runtime refuses, UsageError where OpenVINO is not there.
    """
    return _OpenVino(path, threads) if runtime == "openvino" else _OnnxRuntime(path, threads)


class _OnnxRuntime:
    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        data, _ = read_model(path)
        # By path only when weights lie beside the file, which read_model has checked; otherwise the checked bytes.
        source = str(path) if external_locations(data) else data
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # The arena keeps the most it ever held, and doubles as it grows.
        options.enable_cpu_mem_arena = False
        # Threads that spin while they wait would take the cores from the thread that reads ahead.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._name = path.name
        try:
            # No falling back: the runtime would print of it where a program's output goes.
            self._session = onnxruntime.InferenceSession(
                source, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
            self.inputs = tuple((i.name, tuple(i.shape), str(i.type)) for i in self._session.get_inputs())
            self.outputs = tuple((o.name, tuple(o.shape), str(o.type)) for o in self._session.get_outputs())
        except Exception as error:  # the runtime's errors share no public root
            raise _refused(path, error) from error

    def run(self, tile: NDArray[np.generic]) -> dict[str, NDArray[np.float32]]:
        try:
            found = self._session.run(None, {self.inputs[0][0]: tile})
        except Exception as error:  # the runtime's errors share no public root
            raise _failed(self._name, tile, error) from error
        return {name: _as_float(value) for (name, _, _), value in zip(self.outputs, found, strict=True)}


class _OpenVino:
    """In bfloat16 where the processor has it: about twice as fast, and its outputs differ in the third digit."""

    def __init__(self, path: Path, threads: int) -> None:
        try:
            import openvino
        except ImportError as error:
            what = "the runtime openvino is not installed"
            raise UsageError("E-USAGE-RUNTIME", what, remedy="pip install overlook[openvino]") from error
        data, _ = read_model(path)
        self._name = path.name
        try:
            core = openvino.Core()
            model = core.read_model(str(path)) if external_locations(data) else core.read_model(model=data)
            can_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
            settings["INFERENCE_PRECISION_HINT"] = "bf16" if can_bf16 else "f32"
            self._compiled = core.compile_model(model, "CPU", settings)
            self._request = self._compiled.create_infer_request()
            self.inputs = tuple(_port(port) for port in model.inputs)
            self.outputs = tuple(_port(port) for port in model.outputs)
        except Exception as error:  # the runtime's errors share no public root
            raise _refused(path, error) from error

    def run(self, tile: NDArray[np.generic]) -> dict[str, NDArray[np.float32]]:
        try:
            found = self._request.infer({0: tile}, share_inputs=True)
            values = [np.array(found[i]) for i in range(len(self.outputs))]
        except Exception as error:  # the runtime's errors share no public root
            raise _failed(self._name, tile, error) from error
        return {name: _as_float(value) for (name, _, _), value in zip(self.outputs, values, strict=True)}


#: ONNX Runtime's words for the types that a card may state.
_TYPES = {"f32": "tensor(float)", "u8": "tensor(uint8)"}


def _port(port: Any) -> Port:
    shape = tuple(d.get_length() if d.is_static else "?" for d in port.partial_shape)
    kind = port.element_type.get_type_name()
    return port.any_name, shape, _TYPES.get(kind, kind)


def _as_float(value: Any) -> NDArray[np.float32]:
    # What does not fit becomes infinite, and is refused where it is decoded.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(value, dtype=np.float32)


def _refused(path: Path, error: Exception) -> ModelError:
    what = f"the runtime refuses this model: {_first_line(error).replace(str(path), path.name)}"
    return ModelError("E-MODEL-ONNX", what, where=path.name, remedy="export it again with an older opset")


def _failed(name: str, tile: NDArray[np.generic], error: Exception) -> ModelError:
    what = f"the model failed on an input of shape {tile.shape}: {_first_line(error)}"
    return ModelError("E-MODEL-RUN", what, where=name, remedy="compare its input with the card")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
