"""Names the app and joins the blueprints. No route, no rule."""

from chalice.app import Chalice

from chalicelib import config, jobs
from chalicelib.web.kit import middleware
from chalicelib.web.routes import (
    accounts,
    colleagues,
    company,
    delays,
    detours,
    imports,
    lists,
    meetings,
    outcomes,
    own_account,
    public,
    records,
    rights,
    runs,
    team,
    tutor,
)

config.settings()  # a wrong setting stops the start here, with its message

app = Chalice(app_name="passe-plat")
app.api.cors = False
for module in (
    public,
    rights,
    lists,
    team,
    outcomes,
    meetings,
    colleagues,
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
