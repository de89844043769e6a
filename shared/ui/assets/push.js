// Notifications on this device: what its browser can do is shown, and its button turns them on or off. The worker that shows
// them is registered when somebody turns them on, and not before.
const part = document.querySelector('[data-push]');
const form = part.querySelector('[data-push-form]');
const said = part.querySelector('[data-push-said]');
const [worker, scope] = ['/push/worker.js', '/push/'];

/** The browser's subscription, if it has one. */
async function subscribed() {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  return registration?.scope.endsWith(scope) ? registration.pushManager.getSubscription() : null;
}

/** Its entry in the list of devices, known by the SHA-256 of its address. */
async function entryOf(subscription) {
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subscription.endpoint));
  const mark = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return document.querySelector(`[data-device="${mark}"]`);
}

function fill(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  for (const [name, value] of Object.entries({ endpoint, p256dh: keys.p256dh, auth: keys.auth })) {
    form.elements.namedItem(name).value = value;
  }
}

function show(state) {
  for (const one of part.querySelectorAll('[data-state]')) {
    one.hidden = one.dataset.state !== state;
  }
}

/** What this browser can do, and whether it does: what it has and the site does not know is somebody else's, or was turned off. */
async function look() {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) {
    return show('standalone' in navigator && !navigator.standalone ? 'home' : 'unsupported');
  }
  if (Notification.permission === 'denied') {
    return show('blocked');
  }
  const subscription = await subscribed();
  const entry = subscription && (await entryOf(subscription));
  if (!entry || Notification.permission !== 'granted') {
    await subscription?.unsubscribe();
    return show('off');
  }
  entry.querySelector('[data-here]').hidden = false;
  show('on');
  if ('elsewhere' in entry.dataset) { // it was turned on before the last sign-in
    fill(subscription);
    await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' }).catch(() => {});
  }
}

/** A registration whose worker runs: only then does it subscribe. */
async function registered() {
  const registration = await navigator.serviceWorker.register(worker, { scope, updateViaCache: 'none' });
  const begun = registration.active ?? registration.waiting ?? registration.installing;
  await new Promise((done, fail) => {
    const changed = () => {
      if (begun.state === 'activated') {
        done();
      }
      if (begun.state === 'redundant') {
        fail(new Error('the worker ended'));
      }
    };
    begun.addEventListener('statechange', changed);
    changed();
  });
  return registration;
}

/** The public key as the bytes that every browser takes. */
const key = () => Uint8Array.from(atob(part.dataset.push.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

const deeds = {
  async on() {
    if ((await Notification.requestPermission()) !== 'granted') {
      return look();
    }
    const { pushManager } = await registered();
    fill(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() }));
    form.submit();
  },
  async off() {
    const subscription = await subscribed();
    const entry = subscription && (await entryOf(subscription));
    await subscription?.unsubscribe();
    return entry ? entry.querySelector('form').submit() : look();
  },
};

for (const button of part.querySelectorAll('[data-push-do]')) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.textContent = '';
    try {
      await deeds[button.dataset.pushDo]();
    } catch {
      said.textContent = said.dataset.failed;
    }
    button.disabled = false;
  });
}

look().catch(() => show('unsupported'));
