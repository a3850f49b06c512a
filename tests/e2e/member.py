"""A cluster that is found: simulated, with a token and a mark of its own."""

import yaml

from exporter.simulation.api_server import ApiServer


class Member:
    """
    A simulated cluster that accepts one token. Its namespace `home-of-<home>` shows whose series
    they are, whatever name they are under.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.home = name
        self.token = f"token-of-{name}"
        self.url = ""
        self.cluster: dict[str, str] = {}
        """Fields of a kubeconfig's cluster besides its server."""
        self.server = ApiServer(name)
        self.server.tokens = {self.token}
        self._put_home()

    def become(self, home: str) -> None:
        """Another cluster at the same address."""
        self.home = home
        self.server.replace_identity()
        self._put_home()

    def _put_home(self) -> None:
        self.server.put("namespaces", {"metadata": {"name": f"home-of-{self.home}"}})

    def rotate(self, token: str) -> None:
        """Another token from now on; connections with the old one end."""
        self.token = token
        self.server.tokens = {token}
        self.server.disconnect()

    def kubeconfig(self) -> str:
        return yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": {"server": self.url, **self.cluster}}],
                "users": [{"name": "u", "user": {"token": self.token}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
