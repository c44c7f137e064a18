"""A gateway inside the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from cloudward.app import App, create_app
from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.server.serve import Server
from cloudward.server.sockets import listening_sockets
from cloudward.state import Store

_START_SECONDS = 30


class Gateway:
    """A running gateway.

    Attributes:
        app: the app behind it.
        url: its address, for `endpoint_url`.
    """

    def __init__(self, app: App, url: str, folder: Path) -> None:
        self.app = app
        self.url = url
        self._folder = folder

    def client(
        self,
        service: str,
        access_key_id: str = "test",
        secret_access_key: str = "test",
        session_token: str | None = None,
        region: str = "us-east-1",
        **options: Any,
    ) -> Any:
        """Return a boto3 client bound to the gateway.

        Args:
            service: the service's name in boto3.
            access_key_id: whose calls they are; a 12-digit one is root of that account.
            secret_access_key: what signs them.
            session_token: the token of temporary credentials.
            region: the region.
            options: further arguments of boto3's `client`.
        """
        return self.session(access_key_id, secret_access_key, session_token, region).client(
            service, endpoint_url=self.url, **options
        )

    def session(
        self,
        access_key_id: str = "test",
        secret_access_key: str = "test",
        session_token: str | None = None,
        region: str = "us-east-1",
    ) -> Any:
        """Return a boto3 session with credentials of the gateway and nothing from the environment.

        Args:
            access_key_id: whose calls they are.
            secret_access_key: what signs them.
            session_token: the token of temporary credentials.
            region: the region.
        """
        import boto3
        import botocore.session

        core = botocore.session.Session()
        core.get_component("data_loader").search_paths.append(self._models_folder())
        return boto3.Session(access_key_id, secret_access_key, session_token, region, botocore_session=core)

    def _models_folder(self) -> str:
        """Return a folder from which boto3 reads the models that plugins bring."""
        for name, document in self.app.catalogue.own_models.items():
            path = self._folder / name / str(document["metadata"]["apiVersion"]) / "service-2.json"
            if not path.exists():
                path.parent.mkdir(parents=True)
                path.write_bytes(msgspec.json.encode(document))
        return str(self._folder)

    def as_credentials(self, credentials: Any, service: str, **options: Any) -> Any:
        """Return a client that signs with what CreateAccessKey or AssumeRole answered.

        Args:
            credentials: the `AccessKey` or `Credentials` member of the answer.
            service: the service's name in boto3.
            options: further arguments of `client`.
        """
        return self.client(
            service,
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials.get("SessionToken"),
            **options,
        )


@contextmanager
def running_gateway(
    config: Config | None = None,
    *,
    plugins: dict[str, object] | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
) -> Iterator[Gateway]:
    """Run a gateway on a free port of this machine while the context lasts.

    Args:
        config: the settings; None takes the defaults.
        plugins: plugins given directly, by name, beside those that are installed.
        store: the state; None makes one as the settings say.
        clock: the clock; None takes the machine's.

    Raises:
        RuntimeError: the server did not start.
    """
    app = create_app(config, plugins=plugins, store=store, clock=clock)
    app.check_outputs = True
    sockets = listening_sockets(["127.0.0.1:0"])
    ready = threading.Event()
    server = Server(app, None, ready.set)
    thread = threading.Thread(target=server.run, args=(sockets,), name="cloudward-gateway", daemon=True)
    thread.start()
    try:
        if not ready.wait(_START_SECONDS):
            raise RuntimeError("the gateway did not start; its log has the reason")
        with TemporaryDirectory() as folder:
            yield Gateway(app, f"http://127.0.0.1:{sockets[0].getsockname()[1]}", Path(folder))
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        for listener in sockets:
            listener.close()
