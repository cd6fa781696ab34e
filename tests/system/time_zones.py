"""Every time zone of this machine, from 1990 to 2060: local times become the same UTC as with Python's zoneinfo."""

import datetime
import os
import subprocess
import sys
import zoneinfo

sys.path.insert(0, os.path.dirname(__file__))
import harness

FOLDER = "/usr/share/zoneinfo"
EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86400
FIRST, LAST = ((datetime.datetime(year, 1, 1) - EPOCH) // datetime.timedelta(seconds=1) for year in (1990, 2061))


def zone_files():
    """One path for each zone; many have several names. Those below right/ count leap seconds, which we refuse."""
    found = {}
    for folder, _, names in os.walk(FOLDER):
        for path in (os.path.join(folder, name) for name in names):
            with open(path, "rb") as f:
                content = f.read()
            if content.startswith(b"TZif") and "/right/" not in path:
                found.setdefault(content, path)
    return sorted(found.values())


def times_around_changes(offset_at):
    """Local times every nine days, and close ones around each change, with their offsets."""
    before = offset_at(FIRST)
    for local in range(FIRST, LAST, 9 * DAY):
        offset = offset_at(local)
        yield local, offset
        if offset != before:
            low, high = local - 9 * DAY, local
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_at(middle) == before else (low, middle)
            for near in (-7200, -3600, -1800, -1, 0, 1800, 3600, 7200):
                yield high + near, offset_at(high + near)
        before = offset


def differences(program, path):
    with open(path, "rb") as f:
        zone = zoneinfo.ZoneInfo.from_file(f)

    def offset_at(local):
        at = (EPOCH + datetime.timedelta(seconds=local)).replace(tzinfo=zone)
        return at.utcoffset() // datetime.timedelta(seconds=1)

    rows = list(times_around_changes(offset_at))
    text = "\n".join(str(local) for local, _ in rows)
    done = subprocess.run([program, path], input=text, capture_output=True, text=True)
    assert done.returncode == 0, f"{path}: {done.stderr}"
    for (local, offset), utc_ms in zip(rows, done.stdout.split(), strict=True):
        if int(utc_ms) != (local - offset) * 1000:
            yield (f"{path} at {EPOCH + datetime.timedelta(seconds=local)}: "
                   f"offset {local - int(utc_ms) // 1000} s, with zoneinfo {offset} s")


def local_times_become_the_same_utc_as_with_zoneinfo():
    harness.need(FOLDER, "the package tzdata")
    program = os.path.join(harness.BUILD, "tests", "system", "local_times")
    files = zone_files()
    assert files
    wrong = [text for path in files for text in differences(program, path)]
    print(f"# {len(files)} zones")
    assert not wrong, f"{len(wrong)} times differ, such as {wrong[0]}"


if __name__ == "__main__":
    harness.run(local_times_become_the_same_utc_as_with_zoneinfo)
