// ProConnect for « make run PROCONNECT=1 » and one browser test: panva's oidc-provider, certified, on loopback. Its only page has a
// button for each invented person. It ends with its standard input, which whoever started it holds.
//
//     node provider.mjs <port> <address of the product> <client's id> <client's secret> <people, as JSON>

import Provider from "oidc-provider";

const [port, product, id, secret, listed] = process.argv.slice(2);
const people = JSON.parse(listed);
const issuer = `http://127.0.0.1:${port}`;
const CLAIMS = ["given_name", "usual_name", "email", "siret"];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: id,
      client_secret: secret,
      redirect_uris: [`${product}/connexion/proconnect/retour`],
      post_logout_redirect_uris: [`${product}/connexion`],
      token_endpoint_auth_method: "client_secret_post",
      id_token_signed_response_alg: "RS256",
      userinfo_signed_response_alg: "RS256",
    },
  ],
  acrValues: ["eidas1"],
  claims: { openid: ["sub"], ...Object.fromEntries(CLAIMS.map((claim) => [claim, [claim]])) },
  scopes: ["openid", ...CLAIMS],
  cookies: { keys: [secret] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      // ProConnect asks nothing: the form that would ask is sent at once.
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>Fin</title>${form}<script>
          const sent = document.forms[0];
          sent.insertAdjacentHTML("beforeend", '<input type="hidden" name="logout" value="yes">');
          sent.submit();
        </script>`;
      },
    },
  },
  interactions: { url: (ctx, interaction) => `/personnes/${interaction.uid}` },
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[Number(sub.split("-")[1])] }) }),
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/personnes/")) {
    await next();
    return;
  }
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const chosen = ctx.query.personne;
  if (prompt.name === "login" && chosen === undefined) {
    const links = people.map((person, place) => `<li><a href="?personne=${place}">${person.given_name} ${person.usual_name}</a></li>`);
    ctx.type = "html";
    ctx.body = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>ProConnect d’essai</title><h1>ProConnect d’essai</h1>
      <p>Vous êtes :</p><ul>${links.join("")}</ul></html>`;
    return;
  }
  const accountId = chosen === undefined ? ctx.oidc?.session?.accountId : `personne-${Number(chosen)}`;
  const session = await provider.Session.get(ctx);
  const grant = new provider.Grant({ accountId: accountId ?? session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  const login = chosen === undefined ? {} : { login: { accountId, acr: "eidas1" } };
  await provider.interactionFinished(ctx.req, ctx.res, { ...login, consent }, { mergeWithLastSubmission: false });
  ctx.respond = false;
});

provider.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
