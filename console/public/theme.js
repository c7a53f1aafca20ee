// Before the first paint, so that a dark page does not flash white.
try {
  const theme = localStorage.getItem('edgewise-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {}
