"""Read descriptor files of aerial_map_retrieval."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import torch

from visual_navsat.errors import IndexFolderError


def load_published_descriptors(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """
    Return (N, d) float32 descriptors and the N image names of a descriptor file.

    :param path: ``torch.save`` of ``{'vlad_features': (N, d) tensor, 'image_ids': [N] names}``.
    :raises IndexFolderError: if the file is missing, damaged, holds code or something else.
    """
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
        descriptors = content['vlad_features'].float().numpy()
        image_ids = [str(image_id) for image_id in content['image_ids']]
    except FileNotFoundError as error:
        raise IndexFolderError(f'{path} does not exist: give a descriptor file') from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise IndexFolderError(
            f'{path} is damaged or no descriptor file that can be read safely: save it again'
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexFolderError(
            f"{path} lacks 'vlad_features' or 'image_ids': save a dict with both"
        ) from error
    if descriptors.ndim != 2 or len(descriptors) != len(image_ids) or not len(image_ids):
        raise IndexFolderError(
            f'{path} holds descriptors of shape {descriptors.shape} for {len(image_ids)} images: '
            'it takes one row per image'
        )
    return descriptors, image_ids
