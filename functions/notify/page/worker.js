// Shows what is new while no page is open. It looks at no request and keeps nothing: pages come as they would without it.

// What came always shows something: Safari takes the permission away where nothing is shown.
self.addEventListener('push', (event) => {
  let said = {};
  try {
    said = event.data.json();
  } catch {
    // What cannot be read is news all the same.
  }
  const path = said.path ?? '/my/notifications';
  event.waitUntil(self.registration.showNotification(said.title ?? '새 알림이 있습니다', { lang: said.lang ?? 'ko', icon, tag: path, data: { path } }));
});

// Who presses it comes to the page, in the tab that has it open. Nothing leads to another site.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const here = self.location.origin;
  const asked = new URL(event.notification.data?.path ?? '/', here);
  const to = asked.origin === here ? asked : new URL('/my/notifications', here);
  event.waitUntil(
    (async () => {
      const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
      const tab = tabs.find((one) => new URL(one.url).origin === here && new URL(one.url).pathname === to.pathname);
      return tab ? tab.focus() : self.clients.openWindow(to.href);
    })(),
  );
});

// The push service gave another address. The site takes it for a device of who is signed in here and had turned it on; else it
// ends, and the page says that it is off.
self.addEventListener('pushsubscriptionchange', (event) => {
  const was = event.oldSubscription;
  if (!was) {
    return;
  }
  event.waitUntil(
    (async () => {
      const subscription = event.newSubscription ?? (await self.registration.pushManager.subscribe(was.options));
      const { endpoint, keys } = subscription.toJSON();
      const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth, replaces: was.endpoint });
      const answer = await fetch('/my/notifications/devices', { method: 'POST', body });
      if (!answer.ok || new URL(answer.url).pathname !== '/my/notifications') {
        await subscription.unsubscribe();
      }
    })(),
  );
});
