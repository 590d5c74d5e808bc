"""A model of this machine sits its tasks: in this process, or a slice of them in each of several.

Apart from `sitting`, so that a model behind an endpoint is asked without torch.
"""

import multiprocessing
import os
from dataclasses import replace

import torch

from auroram.evaluate.embedded import open_model
from auroram.evaluate.sitting import Piece
from auroram.ports import Engine, Progress, Silent


def sit_here(piece: Piece, engine: Engine, progress: Progress) -> None:
    """Let the model of a folder answer."""
    slices = piece.questions.settings.slices
    if slices == 1:
        piece.answer(open_model(piece.folder, piece.questions.settings.precision), progress)
        return
    pieces = [
        replace(piece, numbers=[of_task[number::slices] for of_task in piece.numbers])
        for number in range(slices)
    ]
    progress.start("slices", total=slices, unit="slices")
    threads = torch.get_num_threads()
    # This process may be one of the workers, and has a share of the cores like the others.
    torch.set_num_threads(max(1, threads // max(1, min(engine.workers, slices))))
    try:
        for _ in engine.map(answer_piece, pieces):
            progress.advance(1)
    finally:
        torch.set_num_threads(threads)


def answer_piece(piece: Piece) -> None:
    """Answer one piece, in a worker."""
    settings = piece.questions.settings
    if multiprocessing.parent_process() is not None:
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // settings.slices))
    piece.answer(open_model(piece.folder, settings.precision), Silent())
