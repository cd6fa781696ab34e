"""Hostile model files through the real tool with little memory: each is refused with a sentence,
and none makes it grow. Needs a build without sanitizers, whose shadow memory no limit allows."""

import os
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness

FOLDER = os.environ.get("DEFECTD_ONNX") or os.path.join(harness.SOURCE, "../shared/onnx")
ADDRESS_SPACE = 256 << 20  # ulimit -v 262144
RESIDENT_KIB = 64 << 10


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


# Files that are small for what they describe. Fields: ModelProto.graph 7, GraphProto.node 1,
# .initializer 5, NodeProto.input 1, .attribute 5; TensorProto.dims 1.
MADE_UP = {
    "a_million_empty_nodes": field(7, field(1, b"") * 1_000_000),
    "a_million_names": field(7, field(1, field(1, b"") * 1_000_000)),
    "a_million_attributes": field(7, field(1, field(5, b"") * 1_000_000)),
    "a_million_initializers": field(7, field(5, b"") * 1_000_000),
    "a_million_graphs": field(7, b"") * 1_000_000,
    "a_million_properties": field(14, b"") * 1_000_000,
    "a_million_unknown_fields": field(99, b"") * 1_000_000,
    "a_million_dims": field(7, field(5, varint(8) + b"\1") + field(5, (varint(8) + b"\1") * 1_000_000)),
    "a_length_of_4_gib": varint(7 << 3 | 2) + varint(1 << 32),
    "a_length_of_2_to_64": varint(7 << 3 | 2) + varint((1 << 64) - 1),
}


def predict(model, folder):
    """(exit status, stderr, greatest resident size in KiB) with little address space."""
    data = harness.write(os.path.join(folder, "rows.csv"), "a,b\n1,2\n")
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [harness.need(harness.DEFECTCTL, "defectctl"), "predict", "--model", model, "--data", data],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return process.returncode, errors.read(), usage.ru_maxrss


def check_refused(model, folder):
    status, text, resident = predict(model, folder)
    name = os.path.basename(model)
    assert status == 1, f"{name}: exit {status}: {text}"
    assert f"{model}: " in text, f"{name}: no sentence that names the file: {text}"
    assert text.strip().count("\n") == 0, f"{name}: more than one line: {text}"
    assert "no memory" not in text, f"{name}: {text}"
    assert resident < RESIDENT_KIB, f"{name}: {resident} KiB resident"
    return resident


def hostile_files_are_refused_in_256_MiB():
    folder = harness.need(os.path.join(FOLDER, "reject"), "the folder of hostile files")
    files = sorted(f for f in os.listdir(folder) if f.endswith(".onnx"))
    assert files
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as own:
        worst = max(check_refused(os.path.join(folder, f), own) for f in files)
    print(f"# {len(files)} files, at most {worst} KiB resident")


def small_files_that_describe_much_are_refused_in_256_MiB():
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as own:
        worst = 0
        for name, content in MADE_UP.items():
            model = os.path.join(own, name + ".onnx")
            with open(model, "wb") as f:
                f.write(content)
            worst = max(worst, check_refused(model, own))
    print(f"# {len(MADE_UP)} files, at most {worst} KiB resident")


def a_file_of_the_greatest_size_is_refused_in_256_MiB():
    with tempfile.TemporaryDirectory(prefix="defectd-test-") as own:
        model = os.path.join(own, "big.onnx")
        head = varint(7 << 3 | 2) + varint(60 << 20)
        with open(model, "wb") as f:
            f.write(head + (field(1, b"") * 512 * 1024)[: 1 << 20] * 60)
        status, text, _ = predict(model, own)
        assert status == 1 and f"{model}: " in text, f"exit {status}: {text}"


if __name__ == "__main__":
    harness.run(
        hostile_files_are_refused_in_256_MiB,
        small_files_that_describe_much_are_refused_in_256_MiB,
        a_file_of_the_greatest_size_is_refused_in_256_MiB,
    )
