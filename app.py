"""Names the app and joins the blueprints. No route, no rule."""

from chalice.app import Chalice

from chalicelib import config, jobs
from chalicelib.web import (
    accounts,
    company,
    delays,
    detours,
    imports,
    lists,
    middleware,
    outcomes,
    own_account,
    public,
    records,
    runs,
    team,
    tutor,
)

config.settings()  # a wrong setting stops the start here, with its message

app = Chalice(app_name="passe-plat")
app.api.cors = False
for module in (
    public,
    lists,
    team,
    outcomes,
    runs,
    records,
    tutor,
    detours,
    company,
    accounts,
    own_account,
    imports,
    delays,
):
    app.register_blueprint(module.routes)
app.register_blueprint(jobs.jobs)
middleware.install(app)
