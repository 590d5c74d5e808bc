"""lm-evaluation-harness on local tasks: run by evaluation.py in the harness's own environment.

Reads {"model", "folder", "batch", "small", "speed", "agree", "answer"} as JSON from standard input
and writes the file `answer`: CPU-seconds from the asking to the first and to all scores of one
small task, CPU-seconds and requests of the tasks whose speed is measured, and by task what every
document's answer was.
"""

import json
import sys
import time
from pathlib import Path

import lm_eval
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager


def main() -> int:
    """Answer one request."""
    request = json.load(sys.stdin)
    torch.set_num_threads(1)
    model = Timed(
        pretrained=request["model"], dtype="float32", device="cpu", batch_size=request["batch"]
    )
    started = time.process_time()
    manager = TaskManager(include_path=request["folder"])
    evaluated(model, manager, request["small"])
    answer = {
        "first": model.first - started,
        "all": time.process_time() - started,
        "speed": {},
        "samples": {},
    }
    for name in request["speed"]:
        started = time.process_time()
        samples = evaluated(model, manager, name)
        seconds = time.process_time() - started
        answer["speed"][name] = [sum(len(one["filtered_resps"]) for one in samples), seconds]
    for name in request["agree"]:
        answer["samples"][name] = evaluated(model, manager, name)
    Path(request["answer"]).write_text(json.dumps(answer))
    return 0


class Timed(HFLM):
    """Notes when the first batch came back from the model."""

    first = None

    def _model_call(self, *arguments, **options):
        logits = super()._model_call(*arguments, **options)
        self.first = self.first or time.process_time()
        return logits


def evaluated(model, manager, name):
    """The documents of a task in order, with what the model answered and what it scored."""
    found = lm_eval.simple_evaluate(
        model, tasks=[name], task_manager=manager, bootstrap_iters=0, log_samples=True
    )
    samples = sorted(found["samples"][name], key=lambda one: one["doc_id"])
    keep = ("filtered_resps", "acc", "acc_norm", "exact_match", "bits_per_byte")
    return [{key: one[key] for key in keep if key in one} for one in samples]


if __name__ == "__main__":
    sys.exit(main())
