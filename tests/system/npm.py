"""npm packages for tests: into the build folder, from the lock file beside the test.

need() raises Skip with the reason where node, npm or the registry are out of reach."""

import os
import shutil
import subprocess

import harness

known = {}  # package -> True, or why it cannot be had


def folder(package):
    return os.path.join(harness.BUILD, "tests", package)


def environment(package):
    return dict(os.environ, NODE_PATH=os.path.join(folder(package), "node_modules"))


def works(package):
    done = subprocess.run(
        ["node", "-e", f"require('{package}')"], capture_output=True, timeout=120, env=environment(package))
    return done.returncode == 0


def same(a, b):
    with open(a) as fa, open(b) as fb:
        return fa.read() == fb.read()


def install(package, source):
    """True, or a sentence why the package cannot be had. `source` holds package.json and lock."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"{program} is not installed"
    place = folder(package)
    lock = os.path.join(place, "package-lock.json")
    if os.path.exists(lock) and same(lock, os.path.join(source, "package-lock.json")) and works(package):
        return True
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(source, name), place)
    try:
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=place, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "npm ci did not end within 300 s"
    if done.returncode != 0:
        # the registry's name is nobody's business
        codes = [line for line in done.stderr.splitlines() if " code " in line]
        return "npm ci failed" + (f" ({codes[0].split()[-1]})" if codes else "")
    return True if works(package) else f"{package} does not load on this machine"


def need(package, source):
    if package not in known:
        known[package] = install(package, source)
    if known[package] is not True:
        raise harness.Skip(known[package])
