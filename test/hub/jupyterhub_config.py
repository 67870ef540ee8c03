"""The hub of classroom.py: students without passwords, each with a server of their own on this machine."""

import os

c = get_config()  # noqa: F821  (JupyterHub gives it)
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['CLASS_PORT']}"
c.JupyterHub.hub_port = int(os.environ["CLASS_PORT"]) + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{int(os.environ['CLASS_PORT']) + 2}"
c.ConfigurableHTTPProxy.command = [os.environ["CLASS_PROXY"], "--log-level=error"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["CLASS_HOMES"] + "/{username}"
c.Spawner.cmd = [os.environ["CLASS_BIN"] + "/jupyterhub-singleuser"]
c.Spawner.args = ["--allow-root", "--ServerApp.log_level=ERROR"]
c.Spawner.environment = {"JUPYTER_PREFER_ENV_PATH": "1"}
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
c.JupyterHub.concurrent_spawn_limit = 64
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = os.environ["CLASS_HOMES"] + "/cookie"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.services = [{"name": "teacher", "api_token": os.environ["CLASS_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "teacher", "services": ["teacher"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
