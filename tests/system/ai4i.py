"""The main job on real data: 10,000 products through a real broker and the real daemon."""

import csv
import io
import json
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness
import milling

LINE = "mill-1"


def every_product_has_one_row_with_the_score_that_predict_gives():
    path, products = milling.ai4i()
    with harness.Site([milling.line(LINE, model="mill.onnx", own_times=False)]) as site:
        model = milling.train(site.folder, path)
        site.model(model, "mill.onnx")
        site.daemon.start()
        site.status()
        watcher = site.client("watcher", f"defectd/{site.instance}/{LINE}/alert")
        sender = site.client("sender")
        for topic, payload in milling.messages(products, interleaved=200, own_times=False):
            sender.publish(topic, payload)
        sender.drain()
        harness.wait_for(lambda: site.count(LINE) >= len(products), 120, "10,000 rows")
        site.daemon.end()

        rows = site.rows(LINE)
        expected = predictions(model, path)
        assert set(rows) == set(expected), f"{len(rows)} rows of {len(expected)} products"
        worst = max(abs(rows[u]["p_defect"] - p) for u, (p, _) in expected.items())
        assert worst <= 1e-6, f"p_defect differs by {worst}"
        verdicts = [u for u, (_, verdict) in expected.items() if rows[u]["verdict"] != verdict]
        assert not verdicts, f"{len(verdicts)} verdicts differ, the first of unit {verdicts[0]}"
        check_alerts(watcher, rows)
        print(f"# 10,000 rows, p_defect within {worst:.1e} of predict, {len(watcher.messages)} alerts")


def predictions(model, path):
    """{unit: (p_defect, verdict)} as `defectctl predict` prints them."""
    _, out, _ = harness.ctl("predict", "--model", model, "--data", path)
    return {r["unit"]: (float(r["p_defect"]), r["verdict"]) for r in csv.DictReader(io.StringIO(out))}


def check_alerts(watcher, rows):
    defects = {u for u, row in rows.items() if row["p_defect"] >= row["threshold"]}
    alerts = [json.loads(m[1]) for m in watcher.messages]
    alerted = [a["unit"] for a in alerts]
    assert sorted(alerted) == sorted(defects), f"{len(alerted)} alerts for {len(defects)} units"
    for a in alerts:
        row = rows[a["unit"]]
        assert abs(a["p_defect"] - row["p_defect"]) < 1e-9 and a["started_ms"] == row["started_ms"]
        assert row["verdict"] == "defect" and a["verdict_n"] == 1 and a["severity_n"] == 2
    assert len({a["alert_id"] for a in alerts}) == len(alerts)


if __name__ == "__main__":
    harness.run(every_product_has_one_row_with_the_score_that_predict_gives)
