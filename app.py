"""Names the app and joins the blueprints. No route, no rule."""

from chalice.app import Chalice

from chalicelib import config, jobs
from chalicelib.web import company, detours, middleware, public, team, tutor

config.settings()  # a wrong setting stops the start here, with its message

app = Chalice(app_name="passe-plat")
app.api.cors = False
for blueprint in (public.routes, tutor.routes, detours.routes, team.routes, company.routes, jobs.jobs):
    app.register_blueprint(blueprint)
middleware.install(app)
