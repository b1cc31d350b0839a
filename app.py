"""Names the app and joins its routes and its other functions. No rule."""

from chalice.app import Chalice

from chalicelib import jobs
from chalicelib.web import urls
from chalicelib.web.kit import calls

app = Chalice(app_name="passe-plat")
app.api.cors = False
urls.register(app)
app.register_blueprint(jobs.jobs)
calls.install(app)
