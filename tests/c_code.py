"""Compile an exported C header with the system's compiler, run it, and read its answers as arrays."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from semeq.response import Floats

C99 = ("cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
CPP17 = ("c++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror")

MAIN = r"""
#include "model.h"

#include <stdio.h>

#define ROW(count_in, function, count_out)                                                        \
    while (fread(in, sizeof(float), (count_in), stdin) == (count_in)) {                           \
        function(in, out);                                                                        \
        if (fwrite(out, sizeof(float), (count_out), stdout) != (count_out)) return 1;             \
    }

int main(int argc, char **argv)
{
    static float in[4096], out[4096];
    int i;
    if (argc != 2) return 2;
    switch (argv[1][0]) {
    case 'e': ROW(ENCODED, NAME_encode, SIZE_LATENT) break;
    case 'd': ROW(SIZE_LATENT, NAME_decode, DECODED) break;
#if CURVES
    case 'c': ROW(SIZE_SETTINGS, NAME_curve, SIZE_BANDS) break;
#endif
    case 'n':
        for (i = 0; i < SIZE_WORDS; ++i) printf("%s%c%s%c", NAME_words[i].name, 0, NAME_words[i].language, 0);
        break;
    case 'z':
        for (i = 0; i < SIZE_WORDS; ++i)
            if (fwrite(NAME_words[i].z, sizeof(float), SIZE_LATENT, stdout) != SIZE_LATENT) return 1;
        break;
    case 's':
        for (i = 0; i < SIZE_WORDS; ++i)
            if (fwrite(NAME_words[i].settings, sizeof(float), SIZE_SETTINGS, stdout) != SIZE_SETTINGS) return 1;
        break;
    default: return 2;
    }
    return 0;
}
"""


def main_text(name: str, *, encoded: int, decoded: int, curves: bool) -> str:
    """A program for the header of the model ``name`` that answers what its first argument asks for."""
    text = MAIN.replace("NAME", name).replace("SIZE", name.upper())
    text = text.replace("ENCODED", str(encoded)).replace("DECODED", str(decoded))
    return text.replace("#if CURVES", f"#if {curves:d}")


def compiled(folder: Path, *command: str, libraries: tuple[str, ...] = ("-lm",)) -> Path:
    """Run a compiler in ``folder``; what it says is the failure."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}: install gcc and g++")
    done = subprocess.run([*command, *libraries], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / command[command.index("-o") + 1]


def asked(program: Path, question: str, rows: npt.ArrayLike = ()) -> bytes:
    """What the program answers to rows of numbers in single precision."""
    data = np.ascontiguousarray(rows, dtype="<f4").tobytes()
    done = subprocess.run([program, question], input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return done.stdout


def answers(program: Path, question: str, rows: npt.ArrayLike, width: int) -> Floats:
    """The same as an array of so many columns."""
    return np.frombuffer(asked(program, question, rows), dtype="<f4").astype(np.float64).reshape(-1, width)
