// Runs before the first paint: the theme that was chosen here, and whether scripts run at all.
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('syncline.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  } catch { /* storage may be forbidden; the system's theme it is */ }
})();
