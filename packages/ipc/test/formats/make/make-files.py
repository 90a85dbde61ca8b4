"""Makes the files beside this folder that Python's libraries write: numpy 2.4.6, safetensors 0.8.0, pyarrow 25.0.1, and
zipfile of Python 3.11. `python3 make-files.py ../files` writes them, and prints what the libraries read from them."""

import sys
import zipfile

import numpy as np
import pyarrow as pa
from safetensors.numpy import load_file, save_file

out = sys.argv[1] + "/"

np.save(out + "matrix.npy", np.arange(6, dtype="<f8").reshape(2, 3) / 4 - 0.5)
np.save(out + "big-endian.npy", np.array([1, -2, 70000, -2147483648], dtype=">i4"))
print(np.load(out + "matrix.npy").tolist(), np.load(out + "big-endian.npy").tolist())

weight = np.array([[1.5, -2.25, 3.0], [0.1, 65504.0, -0.0]], dtype=np.float32)
half = np.array([1.5, -65504, 6.1e-5, np.inf], dtype=np.float16)
steps = np.array([2**40, -7], dtype=np.int64)
tensors = {"weight": weight, "half": half, "steps": steps}
save_file(tensors, out + "model.safetensors", metadata={"format": "np"})
print({name: tensor.tolist() for name, tensor in load_file(out + "model.safetensors").items()})

schema = pa.schema([("id", pa.int64()), ("price", pa.float64()), ("name", pa.utf8())])
batches = [
    [[1, 2, None, 2**53], [0.5, None, -1.25, 3.0], ["pear", "", "grün", None]],
    [[5], [9.75], ["fox"]],
]
with pa.ipc.new_file(out + "table.arrow", schema) as writer:
    for columns in batches:
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
print(pa.ipc.open_file(out + "table.arrow").read_all().to_pydict())

time = (2024, 2, 29, 12, 30, 58)
with zipfile.ZipFile(out + "archive.zip", "w") as archive:
    archive.comment = b"made by zipfile"
    archive.writestr(zipfile.ZipInfo("stored.txt", time), "kept as it is\n", zipfile.ZIP_STORED)
    packed = zipfile.ZipInfo("folder/deflated.txt", time)
    archive.writestr(packed, "deflate " * 100, zipfile.ZIP_DEFLATED)
with zipfile.ZipFile(out + "archive.zip") as archive:
    print([(each.filename, each.file_size) for each in archive.infolist()])
