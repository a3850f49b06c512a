"""What a hub says about one kind of object, kept whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exporter.kubernetes.follow import Change, Listed, Listing, Put, Removed, Undecodable
from exporter.kubernetes.objects import HasMetadata, Key, unix_seconds


@dataclass(frozen=True)
class Wanted:
    """
    One kind of object on the hub. `api_versions` are tried in turn; the first that is served is
    read, and all of them have the fields that are read.

    An `optional` kind that may not be read, or is not served, is one without objects until it was
    listed once; any other kind is waited for.
    """

    api_versions: tuple[str, ...]
    plural: str
    type: type[Any]
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""
    optional: bool = False


class HubKind:
    """
    The objects of one wanted kind.

    An object that cannot be decoded stays what it was, and if a list holds such objects, those stay
    as well that are missing in it: one of them may be what could not be decoded.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.known = False
        """Whether all objects were listed, or the kind is done without."""
        self._listed = False
        self._objects: dict[Key, HasMetadata] = {}
        self._listing: dict[Key, HasMetadata] = {}
        self._unread_of_list = 0
        self._unread: set[Key | None] = set()

    def apply(self, change: Change[Any]) -> bool:
        """Take a change in; whether what is known changed."""
        match change:
            case Listing(objects, first, undecodable):
                self._listing = {} if first else self._listing
                self._listing |= {_key(one): one for one in objects}
                self._unread_of_list = undecodable + (0 if first else self._unread_of_list)
                return False

            case Listed():
                kept = self._objects if self._unread_of_list else {}
                self._objects, self._listing = {**kept, **self._listing}, {}
                self._unread.clear()
                self._listed = self.known = True

            case Put(key, obj):
                self._unread.discard(key)
                self._objects[key] = obj

            case Removed(key):
                self._unread.discard(key)
                self._objects.pop(key, None)

            case Undecodable(key):
                self._unread.add(key)
                return False

            case _:
                return False

        return True

    def refused(self) -> bool:
        """It may not be read, or is not served; whether that is what is known of it now."""
        if not self.wanted.optional or self._listed:
            return False

        self.known = True
        return True

    @property
    def problem(self) -> str:
        """Which objects could not be decoded; empty when all could."""
        keys = sorted("/".join(filter(None, key)) if key else "nameless" for key in self._unread)
        named = f": {', '.join(keys[:10])}" if keys else ""
        count = self._unread_of_list + len(keys)
        return f"{count} {self.wanted.plural} cannot be decoded{named}" if count else ""

    def oldest_first(self) -> Mapping[Key, Any]:
        """
        The objects as they are now, the oldest first.

        So that of two which give a cluster the same name the newcomer does not get it.
        """
        return dict(sorted(self._objects.items(), key=lambda item: (_age(item[1]), item[0])))


def _age(obj: HasMetadata) -> int:
    created = obj.metadata.creation_timestamp
    return 0 if created is None else unix_seconds(created)


def _key(obj: HasMetadata) -> Key:
    return obj.metadata.namespace, obj.metadata.name
