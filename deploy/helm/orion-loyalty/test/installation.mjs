// What `helm test` runs: calls the API as a client does, and reads the WalletCredentials as kubectl does.
// It needs what every image with Node has; it ends with 1 and a line that says what is wrong.
import { readFileSync } from 'node:fs';

const { API_URL, ADMIN_KEY, NAMESPACES, PATIENCE_SECONDS } = process.env;
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const deadline = Date.now() + PATIENCE_SECONDS * 1000;

/** Tries again until it comes off: pods may just be starting. */
async function eventually(what, action) {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      const reason = error.cause?.message ?? error.message;
      if (Date.now() > deadline) throw new Error(`${what}: ${reason} (tried for ${PATIENCE_SECONDS} s)`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function call(url, token, statuses) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (statuses.includes(response.status)) return { status: response.status, body: text };
  throw new Error(`${url} answers ${response.status}, not ${statuses.join(' or ')}: ${text.slice(0, 300)}`);
}

async function testApi() {
  await eventually('The API is not ready', () => call(`${API_URL}/readyz`, undefined, [200]));
  const merchants = `${API_URL}/api/v1/admin/loyalty/merchants`;
  await call(merchants, undefined, [401]);
  console.log('The API is ready, its schema fits, and it refuses a call without a key.');
  // The Secret of the first key may have been deleted, and the key replaced: that is nothing wrong.
  if (!ADMIN_KEY) return console.log('No admin key is named in the values: no call with one.');
  const { status } = await call(merchants, ADMIN_KEY, [200, 401]);
  console.log(status === 200 ? 'It lists the merchants for the admin key.' : 'The admin key is not valid any more.');
}

const resource = (namespace) =>
  `https://${host}:${port}/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace}/walletcredentials`;

/** The controller has looked at it: a source that it refused is no fault of the installation, but worth a line. */
async function testCredential(token, { metadata: { namespace, name } }) {
  const { status } = await eventually(`The controller has not looked at ${namespace}/${name}`, async () => {
    const { body } = await call(`${resource(namespace)}/${name}`, token, [200]);
    const found = JSON.parse(body);
    if (found.status?.observedGeneration === found.metadata.generation) return found;
    throw new Error(
      `status.observedGeneration is ${found.status?.observedGeneration}, not ${found.metadata.generation}`,
    );
  });
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  console.log(`WalletCredential ${namespace}/${name}: Ready=${ready?.status} (${ready?.reason}).`);
}

async function testCredentials() {
  const token = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
  for (const namespace of NAMESPACES.split(',')) {
    // A Role takes a moment to act.
    const { body } = await eventually('The WalletCredentials cannot be listed', () =>
      call(resource(namespace), token, [200]),
    );
    const { items } = JSON.parse(body);
    if (items.length === 0) console.log(`There are no WalletCredentials in namespace ${namespace} yet.`);
    for (const item of items) await testCredential(token, item);
  }
}

try {
  await testApi();
  await testCredentials();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
