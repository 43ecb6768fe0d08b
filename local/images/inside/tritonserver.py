#!/usr/local/bin/python3.11
"""Stands in for Triton where its image cannot be had: ONNX models, served by MLServer.

It takes the arguments of `tritonserver` that `catalog.triton` passes, reads a model repository
(`<name>/<version>/model.onnx`, the newest version) and answers the Open Inference Protocol v2. A
config.pbtxt says how Triton batches, and is not read. The libraries are in the image alone.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportUntypedBaseClass=false

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.codecs.lists import as_list
from mlserver.errors import InferenceError, MLServerError
from mlserver.settings import ModelParameters
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataTensor,
    RequestInput,
    ResponseOutput,
)

SCRATCH: Final = "/tmp"  # noqa: S108 - the one folder that a pod may write into
DATATYPES: Final = {
    "tensor(bool)": "BOOL",
    "tensor(double)": "FP64",
    "tensor(float)": "FP32",
    "tensor(float16)": "FP16",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(int8)": "INT8",
    "tensor(string)": "BYTES",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(uint8)": "UINT8",
}
"""The protocol's name of what ONNX Runtime calls a type."""


class Onnx(MLModel):
    """One ONNX model; what a request has wrong is told as Triton does, with the status 400."""

    async def load(self) -> bool:
        """Read the file, and what goes in and comes out."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # A pod has few cores, whatever the node has.
        self._session = onnxruntime.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = [_metadata(tensor) for tensor in self._session.get_inputs()]
        self.outputs = [_metadata(tensor) for tensor in self._session.get_outputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The outputs that are asked for, or all."""
        wanted = [output.name for output in payload.outputs or self.outputs]
        known = {output.name: output for output in self.outputs}
        for name in wanted:
            if name not in known:
                raise InferenceError(
                    f"unexpected inference output '{name}' for model '{self.name}': "
                    f"it has {', '.join(known)}"
                )
        found = self._session.run(wanted, self._arrays(payload.inputs))
        outputs = [
            _output(name, known[name].datatype, array)
            for name, array in zip(wanted, found, strict=True)
        ]
        return InferenceResponse(
            id=payload.id, model_name=self.name, model_version=self.version, outputs=outputs
        )

    def _arrays(self, given: Sequence[RequestInput]) -> dict[str, Any]:
        known = {tensor.name: tensor for tensor in self.inputs}
        by_name = {tensor.name: tensor for tensor in given}
        for name in by_name:
            if name not in known:
                raise InferenceError(
                    f"unexpected inference input '{name}' for model '{self.name}': "
                    f"it has {', '.join(known)}"
                )
        if lacking := [name for name in known if name not in by_name]:
            raise InferenceError(
                f"expected {len(known)} inputs but got {len(by_name)} inputs for model "
                f"'{self.name}': missing {', '.join(lacking)}"
            )
        return {name: self._array(by_name[name], tensor) for name, tensor in known.items()}

    def _array(self, given: RequestInput, expected: MetadataTensor) -> Any:
        if given.datatype != expected.datatype:
            raise InferenceError(
                f"inference input '{given.name}' data-type is '{given.datatype}', but model "
                f"'{self.name}' expects '{expected.datatype}'"
            )
        fits = len(given.shape) == len(expected.shape) and all(
            asked in (-1, have) for have, asked in zip(given.shape, expected.shape, strict=True)
        )
        if not fits:
            raise InferenceError(
                f"unexpected shape for input '{given.name}' for model '{self.name}': expected "
                f"{list(expected.shape)}, got {list(given.shape)}"
            )
        try:
            if given.datatype == "BYTES":
                flat = np.array([_text(each) for each in as_list(given.data.root)], dtype=object)
            else:
                flat = NumpyCodec.decode_input(given)
            return flat.reshape(given.shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise InferenceError(
                f"the data of the inference input '{given.name}' are not of the shape "
                f"{list(given.shape)} and data-type '{given.datatype}': {error}"
            ) from error


def _text(element: Any) -> str:
    if not isinstance(element, str | bytes):
        raise TypeError(f"{element!r} is no text")
    return element.decode() if isinstance(element, bytes) else element


def _metadata(tensor: Any) -> MetadataTensor:
    if tensor.type not in DATATYPES:
        raise MLServerError(f"'{tensor.name}' is of the type {tensor.type}, not a tensor")
    shape = [size if isinstance(size, int) else -1 for size in tensor.shape]
    return MetadataTensor(name=tensor.name, datatype=DATATYPES[tensor.type], shape=shape)


def _output(name: str, datatype: str, array: Any) -> ResponseOutput:
    if datatype != "BYTES":
        return NumpyCodec.encode_output(name, array)
    output = StringCodec.encode_output(name, [str(each) for each in array.ravel()])
    output.shape = list(array.shape)
    return output


def models(repository: Path) -> list[ModelSettings]:
    """The models of a repository, each under the name of its folder.

    SystemExit for a folder that has no version with a model.
    """
    found: list[ModelSettings] = []
    for folder in sorted(path for path in repository.iterdir() if path.is_dir()):
        versions = sorted(
            (int(path.name) for path in folder.iterdir() if path.name.isdecimal()), reverse=True
        )
        if not versions:
            sys.exit(f"{folder}: no folder of a version, as {folder}/1")
        path = folder / str(versions[0]) / "model.onnx"
        if not path.exists():
            sys.exit(f"{path} is not there: what stands in for Triton serves ONNX models alone")
        found.append(
            ModelSettings(
                name=folder.name,
                implementation=Onnx,
                platform="onnxruntime_onnx",
                versions=[str(versions[0])],
                parameters=ModelParameters(uri=str(path), version=str(versions[0])),
            )
        )
    return found


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="tritonserver", description="ONNX models, by MLServer.")
    parser.add_argument("--model-repository", type=Path, required=True)
    parser.add_argument("--http-port", type=int, default=8000)
    parser.add_argument("--grpc-port", type=int, default=8001)
    parser.add_argument("--metrics-port", type=int, default=8002)
    parser.add_argument("--backend-config", action="append", help="not needed here")
    asked = parser.parse_args()
    settings = Settings(
        debug=False,
        parallel_workers=0,
        http_port=asked.http_port,
        grpc_port=asked.grpc_port,
        metrics_port=asked.metrics_port,
        metrics_dir=SCRATCH,
        environments_dir=SCRATCH,
        use_structured_logging=True,
    )

    async def serve() -> None:
        await MLServer(settings).start(models(asked.model_repository))

    asyncio.run(serve())


if __name__ == "__main__":
    main()
