"""Adds up what `meson test` wrote as JUnit XML: names failures and skipped tests, then one line
"N passed, N failed". Skipped tests count as neither. Exit 1 when a test failed or none ran."""

import sys
import xml.etree.ElementTree as xml

passed, failed, skipped = 0, [], []
for path in sys.argv[1:]:
    run = path.rsplit("/", 1)[-1].split(".")[0]
    try:
        suites = xml.parse(path).getroot().iter("testsuite")
    except (OSError, xml.ParseError) as why:
        failed.append(f"{run}: no results ({why})")
        continue
    for suite in suites:
        cases = list(suite.iter("testcase"))
        for case in cases:
            name = f"{run}: {suite.get('name')}: {case.get('name')}"
            if case.find("skipped") is not None:
                skipped.append((name, case.find("skipped").get("message") or ""))
            elif case.find("failure") is not None or case.find("error") is not None:
                failed.append(name)
            else:
                passed += 1
        # a program that broke off fails as a whole, whatever its cases said
        if int(suite.get("errors") or 0) and not any(suite.get("name") in f for f in failed):
            failed.append(f"{run}: {suite.get('name')}: ended with an error")

for name, why in skipped:
    print(f"skipped {name} {why}".rstrip())
for name in failed:
    print(f"FAILED  {name}")
print(f"{passed} passed, {len(failed)} failed")
sys.exit(1 if failed or not passed else 0)
