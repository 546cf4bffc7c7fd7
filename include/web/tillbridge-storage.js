// Where a web shop's page keeps what is not sent yet. A storage is an object with
//
//   read(key)          a promise of the value, undefined when there is none
//   write(key, value)  resolves when the value is kept, rejects when it is not
//   remove(key)
//   keys(prefix)       a promise of all keys that begin so
//   claim(name)        a promise of a function that gives the name free again, or of undefined when another page has it
//
// Values are what structuredClone takes. claim() is what keeps two tabs from being one device.

// Forgets everything with the page. For tests, and where nothing else is to be had.
export function memoryStorage() {
  const values = new Map();
  const claimed = new Set();
  return {
    kind: 'memory',
    read: async (key) => structuredClone(values.get(key)),
    write: async (key, value) => { values.set(key, structuredClone(value)); },
    remove: async (key) => { values.delete(key); },
    keys: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
    claim: async (name) => {
      if (claimed.has(name)) return undefined;
      claimed.add(name);
      return () => claimed.delete(name);
    },
  };
}

// A name is held until it is given free or the page is gone, however it went: that is what Web Locks are for.
function lockClaim(locks, prefix) {
  return (name) => new Promise((resolve, reject) => {
    locks.request(prefix + name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined);
      return new Promise((release) => resolve(release));
    }).catch(reject);
  });
}

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** IndexedDB, written through to the disk. Rejects where the browser has none, as in some private windows. */
export async function indexedDbStorage({ name = 'tillbridge', env = globalThis } = {}) {
  const opening = env.indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('values');
  const db = await settled(opening);
  db.onversionchange = () => db.close();
  const change = (make) => new Promise((resolve, reject) => {
    const transaction = db.transaction('values', 'readwrite', { durability: 'strict' });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave the transaction up'));
    make(transaction.objectStore('values'));
  });
  const read = (make) => settled(make(db.transaction('values', 'readonly').objectStore('values')));
  return {
    kind: 'indexeddb',
    read: (key) => read((values) => values.get(key)),
    write: (key, value) => change((values) => values.put(value, key)),
    remove: (key) => change((values) => values.delete(key)),
    keys: (prefix) => read((values) => values.getAllKeys(env.IDBKeyRange.bound(prefix, `${prefix}\uffff`))),
    claim: lockClaim(env.navigator.locks, `${name}/`),
  };
}

/** localStorage: smaller, and not certain to be on the disk when the power fails. */
export function localStorageStorage({ name = 'tillbridge', env = globalThis } = {}) {
  const values = env.localStorage;
  const full = (key) => `${name}/${key}`;
  return {
    kind: 'localstorage',
    read: async (key) => {
      const text = values.getItem(full(key));
      return text === null ? undefined : JSON.parse(text);
    },
    write: async (key, value) => values.setItem(full(key), JSON.stringify(value)),
    remove: async (key) => values.removeItem(full(key)),
    keys: async (prefix) => Array.from({ length: values.length }, (_, i) => values.key(i))
      .filter((key) => key.startsWith(full(prefix))).map((key) => key.slice(name.length + 1)),
    claim: lockClaim(env.navigator.locks, `${name}/`),
  };
}

/** The best that this browser has; memory when it has neither, or no Web Locks. `kind` says which. */
export async function browserStorage({ name = 'tillbridge', env = globalThis } = {}) {
  if (!env.navigator?.locks) return memoryStorage();
  try {
    return await indexedDbStorage({ name, env });
  } catch {
    // Turned off, or a private window of a browser that has none there.
  }
  try {
    env.localStorage.setItem(`${name}/probe`, '');
    env.localStorage.removeItem(`${name}/probe`);
    return localStorageStorage({ name, env });
  } catch {
    return memoryStorage();
  }
}
