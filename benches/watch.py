"""How long is it from a save to the answer of `tierwright watch`?

    python3 benches/watch.py target/release/tierwright

Copies the default project, runs it once, watches the copy, saves a line of rules/parameters.yaml twenty times, and prints how long each answer
took from the end of the write: the least, the middle and the most, in milliseconds.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

program = pathlib.Path(sys.argv[1]).resolve()
root = pathlib.Path(__file__).resolve().parent.parent
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder)
    shutil.copy(root / "tierwright.yaml", copy)
    for name in ("datasets", "rules"):
        shutil.copytree(root / name, copy / name)
    subprocess.run([program, "run"], cwd=copy, check=True, capture_output=True)
    watching = subprocess.Popen([program, "watch", "--json"], cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert json.loads(watching.stdout.readline())["status"] == "ok"
    parameters = copy / "rules" / "parameters.yaml"
    text = parameters.read_text(encoding="utf-8")
    assert "value: 75.0" in text or "value: 75" in text, "the line of the highest tier is another now"
    took, inside = [], []
    for number in range(20):
        time.sleep(0.1)
        # What a case of the tiers expects is another thing: that it fails is no part of the question.
        changed = text.replace("value: 75", f"value: {74 - number % 2}", 1)
        parameters.write_text(changed, encoding="utf-8")
        begun = time.perf_counter()
        answer = json.loads(watching.stdout.readline())
        took.append((time.perf_counter() - begun) * 1000)
        inside.append(answer["millis"])
        assert answer["saved"] == ["rules/parameters.yaml"] and answer["against"] is not None, answer
    watching.terminate()
    watching.wait()
took.sort()
inside.sort()
print(f"from the save: {took[0]:.0f} least, {took[10]:.0f} middle, {took[-1]:.0f} most; the answer itself: {inside[10]:.0f}")
