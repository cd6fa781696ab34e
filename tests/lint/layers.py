"""The house keeps its order: who includes whom, and what a layer may not touch.

  layers.py ladder     no include goes up; includes are written from the root; a foreign library is
                       used where it belongs
  layers.py headers    every header has #pragma once and compiles alone; every .c file of a
                       module includes its own header first
  layers.py purity     base nn model feature decide engine know no clock, no I/O, no log
  layers.py format     clang-format would change nothing

Prints file:line and what is allowed; exit 1 when something is out of place, 77 when the tool for
a check is not there.
"""

import os
import re
import shutil
import subprocess
import sys

ROOT = os.environ.get("DEFECTD_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))

LADDER = {
    "lib/base": [],
    "lib/nn": ["base"],
    "lib/model": ["base", "nn"],
    "lib/feature": ["base"],
    "lib/decide": ["base"],
    "lib/engine": ["base", "nn", "model", "feature", "decide"],
    "lib/store": ["base"],
    "lib/config": ["base", "model", "feature", "decide"],
    "lib/wire": ["base"],
    "lib/gateway": ["base", "nn", "model", "feature", "decide", "engine", "store", "config", "wire"],
    "lib/learn": ["base", "nn", "model", "decide", "store"],
}
# which folders may know a foreign library: replacing one touches these alone
LIBRARIES = {
    r"sqlite3\.h": ["lib/store", "lib/learn", "tools"],
    r"mosquitto\.h": ["lib/wire"],
    r"openssl/": ["lib/wire"],
    r"uv\.h": ["daemon", "tools"],
    r"systemd/": ["daemon"],
    r"protobuf-c/": ["lib/model"],
}
PURE = ["lib/base", "lib/nn", "lib/model", "lib/feature", "lib/decide", "lib/engine"]
# model_load reads a file by contract; nothing else in these layers does
MAY_READ_FILES = {"lib/model"}
IMPURE = {
    "a clock": r"\b(clock_gettime|gettimeofday|time|ftime|clock|nanosleep|usleep|sleep)\s*\(",
    "the log or a terminal": r"\b(?:f?printf|vf?printf|f?puts|putchar|perror|syslog|sd_journal_\w+)\s*\(|\b(?:stderr|stdout)\b",
    "files": r"\b(fopen|fdopen|freopen|open|openat|creat|fread|fwrite|opendir)\s*\(",
    "threads": r"\bpthread_\w+\s*\(",
    "a random source of the machine": r"\b(rand|random|drand48|getrandom|arc4random)\s*\(",
}


def files(*endings):
    out = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = out.stdout.split() if out.returncode == 0 else [
        os.path.relpath(os.path.join(folder, name), ROOT)
        for folder, _, found in os.walk(ROOT) for name in found]
    return sorted(n for n in names if n.endswith(endings) and not n.startswith("build")
                  and os.path.exists(os.path.join(ROOT, n)))


def read(name):
    with open(os.path.join(ROOT, name)) as f:
        return f.read()


def layer_of(name):
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "lib" else parts[0]


def allowed(layer):
    """Folders that `layer` may include, itself among them; None: anything."""
    if layer in LADDER:
        return {layer} | {"lib/" + name for name in LADDER[layer]}
    if layer in ("daemon", "tools"):
        return {layer, *LADDER}
    return None


def own_includes(name):
    for number, line in enumerate(read(name).splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if found:
            yield number, found.group(1)


def ladder():
    for name in files(".c", ".h"):
        layer = layer_of(name)
        may = allowed(layer)
        for number, target in own_includes(name):
            if layer == "tests":
                continue
            if target.endswith(".pb-c.h"):  # generated in the build folder, into the includer's layer
                continue
            if not os.path.exists(os.path.join(ROOT, target)):
                yield f'{name}:{number}: "{target}" is not written from the root of the project'
            elif may is not None and layer_of(target) not in may:
                yield (f'{name}:{number}: {layer} may not include {layer_of(target)}; '
                       f'allowed are {", ".join(sorted(may))}')
        for number, line in enumerate(read(name).splitlines(), 1):
            for library, where in LIBRARIES.items():
                if layer != "tests" and layer not in where and re.match(rf"\s*#\s*include\s+<{library}", line):
                    yield (f'{name}:{number}: {layer} may not know {line.split()[-1]}; '
                           f'allowed are {", ".join(where)}')


def headers():
    compiler = os.environ.get("CC", "cc").split()
    if not shutil.which(compiler[0]):
        sys.exit(77)
    generated = os.environ.get("DEFECTD_BUILD", ROOT)
    for name in files(".h"):
        if "#pragma once" not in read(name):
            yield f"{name}:1: a header begins with #pragma once"
        text = f'#include "{name}"\n'
        done = subprocess.run(
            [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-I", ROOT, "-I", generated,
             "-I", os.path.join(generated, "lib/model"), "-fsyntax-only", "-x", "c", "-"],
            input=text, capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error:" in line]
            yield f"{name}:1: does not compile alone: {errors[0] if errors else done.stderr}"
    for name in files(".c"):
        header = name[:-2] + ".h"
        if name.startswith("tests/") or not os.path.exists(os.path.join(ROOT, header)):
            continue
        first = re.search(r'^\s*#\s*include\s+(.+)$', read(name), re.M)
        if first and first.group(1).strip() != f'"{header}"':
            number = read(name)[: first.start()].count("\n") + 1
            yield f'{name}:{number}: the own header "{header}" comes first, found {first.group(1)}'


def without_comments_and_texts(text):
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def purity():
    for name in files(".c", ".h"):
        layer = layer_of(name)
        if layer not in PURE:
            continue
        text = without_comments_and_texts(read(name))
        for what, pattern in IMPURE.items():
            if what == "files" and layer in MAY_READ_FILES:
                continue
            for found in re.finditer(pattern, text):
                if text[found.start() - 1 : found.start()] in (".", ">"):
                    continue  # a member of that name
                number = text[: found.start()].count("\n") + 1
                yield (f"{name}:{number}: {layer} may not use {what} ({found.group().strip(' (')}); "
                       "time, randomness and bytes come in as arguments, sentences go out in struct err")


def format():
    if not shutil.which("clang-format"):
        sys.exit(77)
    names = files(".c", ".h")
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *names], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        yield from sorted({line.split(": error")[0] + ": clang-format would change this"
                           for line in done.stderr.splitlines() if ": error" in line})


check = {"ladder": ladder, "headers": headers, "purity": purity, "format": format}[sys.argv[1]]
found = list(check())
print("\n".join(found))
sys.exit(1 if found else 0)
