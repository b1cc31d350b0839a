"""Names the app and joins its routes and its other functions. No rule."""

import os
import sys

from chalice.app import Chalice

from chalicelib import jobs
from chalicelib.web import urls
from chalicelib.web.kit import calls

app = Chalice(app_name="passe-plat")
app.api.cors = False
urls.register(app)
app.register_blueprint(jobs.jobs)
calls.install(app)

# Chalice's commands know neither tables nor rights: infra/package.py alone calls one, with the rest of the template.
if "AWS_CHALICE_CLI_MODE" in os.environ and "--merge-template" not in sys.argv:
    sys.stderr.write(
        "Chalice alone does not run this product: « make run », « make package » or « make deploy STAGE=<name> ».\n"
    )
    os._exit(1)  # « chalice local » loads this in a thread, which is all that sys.exit would end
