// What the browser keeps for the page; where it is told to keep nothing, the page itself does, while it is open.

function keeping(storage) {
  const held = new Map();
  return {
    get(name) {
      try {
        return storage().getItem(name);
      } catch {
        return held.get(name) ?? null;
      }
    },
    set(name, value) {
      held.set(name, value);
      try {
        storage().setItem(name, value);
      } catch { /* held */ }
    },
  };
}

export const ofBrowser = keeping(() => localStorage);
export const ofTab = keeping(() => sessionStorage);
