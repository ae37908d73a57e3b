"""Audio files, read and written exactly: every sample, and all that a file says about itself."""

from semeq.audio.files import Reader, Writer, create_audio, open_audio, same_file
from semeq.audio.info import AudioInfo, output_info
from semeq.audio.tags import Tags, read_tags

__all__ = [
    "AudioInfo",
    "Reader",
    "Tags",
    "Writer",
    "create_audio",
    "open_audio",
    "output_info",
    "read_tags",
    "same_file",
]
