# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What aerial_map_retrieval's users call: its classes and files, over the flow of engine.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
import pickle
from typing import Any

import numpy as np
import torch
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.errors import IndexFolderError
from visual_navsat.features.describer import make_describer
from visual_navsat.files import check_input
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.prior import Prior
from visual_navsat.maps.metadata_csv import MetadataManager
from visual_navsat.retrieval.result import RetrievalResult


class RetrievalEngine:
    """
    Find where images were taken, on one map.

    :meth:`load_map` (or :meth:`load_database`) loads the model and the index; :meth:`query` does
    the rest. Not safe to call from two threads at once.
    """

    def __init__(self, config: Config | Mapping[str, Any] | None = None) -> None:
        """:param config: a Config, or the nested dict of a YAML file; None takes the defaults."""
        self.config = config if isinstance(config, Config) else Config.from_dict(config or {})
        self._loaded_map: LoadedMap | None = None

    def load_map(self, index_dir: str | Path) -> None:
        """
        Load an index folder made by build-map, and the model that it was built with.

        :raises IndexFolderError: if the folder is missing, damaged or was built by another model.
        :raises ModelError: if the model's checkpoint is missing or damaged.
        """
        self._loaded_map = LoadedMap.open(index_dir, self.config)

    def load_database(
        self, descriptor_file: str | Path, metadata_file: str | Path | None = None
    ) -> None:
        """
        Load descriptors and metadata in the files of aerial_map_retrieval.

        The files do not say which model made them: it must be the configured one.

        :param descriptor_file: ``torch.save`` of ``{'vlad_features': (N, d), 'image_ids': [N]}``.
        :param metadata_file: the metadata CSV that places each image.
        :raises IndexFolderError: if the files do not fit each other or the configured model.
        """
        descriptors, image_ids = load_published_descriptors(descriptor_file)
        metadata = MetadataManager()
        if metadata_file is not None:
            metadata.load_from_csv(str(metadata_file))
        tiles = []
        for image_id in image_ids:
            tile = metadata.get_metadata(image_id)
            if tile is None:
                raise IndexFolderError(
                    f'{descriptor_file} holds image {image_id!r}, which {metadata_file} does not '
                    'list: give the CSV that lists every image'
                )
            tiles.append(tile)
        describer = make_describer(self.config)
        self._loaded_map = LoadedMap.of(tiles, descriptors, describer, self.config)

    @property
    def loaded_map(self) -> LoadedMap:
        """Return the map; raises IndexFolderError if none is loaded."""
        if self._loaded_map is None:
            raise IndexFolderError('no map is loaded: call load_map(index_dir) first')
        return self._loaded_map

    @property
    def tiles(self) -> Sequence[TileMetadata]:
        """Return the tiles of the map; none before one is loaded."""
        return () if self._loaded_map is None else self._loaded_map.tiles

    @property
    def frame(self) -> LocalFrame:
        """Return the local plane of the map's largest area, in which hypotheses are given."""
        return self.loaded_map.frame

    def query(
        self,
        image: Any,
        view: View | None = None,
        *,
        heading_deg: float | None = None,
        gsd_m_per_px: float | None = None,
        top_k: int | None = None,
        prior: Prior | None = None,
        track_prior: Prior | None = None,
    ) -> Answer:
        """
        Return where an image was taken, and the map tiles that look like it, best first.

        :param image: a path, a PIL image or an (H, W, 3) uint8 RGB array.
        :param view: what is known about how it was taken; the rest is searched for.
        :param heading_deg: where the image's up direction points, clockwise from north; used
            without a ``view``.
        :param gsd_m_per_px: metres per pixel of the image on the ground; used without a ``view``.
        :param top_k: how many tiles; None takes ``retrieval.top_k``.
        :param prior: where the vehicle is known to be, and ``track_prior`` where a track expects
            it, see :func:`visual_navsat.engine.query`.
        :raises ImageError: if the image cannot be read.
        :raises IndexFolderError: if no map is loaded.
        """
        view = view or View(heading_deg=heading_deg, gsd_m_per_px=gsd_m_per_px)
        return query(
            self.loaded_map,
            self.config,
            image,
            view,
            top_k=top_k,
            prior=prior,
            track_prior=track_prior,
        )

    def query_with_timing(
        self, image: Any, top_k: int | None = None
    ) -> tuple[list[RetrievalResult], dict[str, float]]:
        """Return the ranked tiles and the seconds of each step, as aerial_map_retrieval does."""
        answer = self.query(image, top_k=top_k)
        return list(answer), {stage: ms / 1e3 for stage, ms in answer.timings_ms.items()}


def load_published_descriptors(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """
    Return (N, d) float32 descriptors and the N image names of a descriptor file.

    :param path: ``torch.save`` of ``{'vlad_features': (N, d) tensor, 'image_ids': [N] names}``.
    :raises IndexFolderError: if the file is missing, damaged, or holds code or something else.
    """
    try:
        check_input(path)
        content = torch.load(path, map_location='cpu', weights_only=True)
        descriptors = content['vlad_features'].float().numpy()
        image_ids = [str(image_id) for image_id in content['image_ids']]
    except FileNotFoundError as error:
        raise IndexFolderError(f'{path} does not exist: give a descriptor file') from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise IndexFolderError(
            f'{path} is damaged, or not a descriptor file that is safe to read: save it again'
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexFolderError(
            f"{path} lacks 'vlad_features' or 'image_ids': save a dict with both"
        ) from error
    if descriptors.ndim != 2 or len(descriptors) != len(image_ids) or not len(image_ids):
        raise IndexFolderError(
            f'{path} must hold one row per image, got descriptors of shape {descriptors.shape} '
            f'for {len(image_ids)} images'
        )
    return descriptors, image_ids
