// Puts the chosen theme in force before anything is drawn; without a choice, the system's.
{
  const themes = ["auto", "light", "dark"];
  const root = document.documentElement;
  const kept = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto";
    }
  };
  const wear = (theme) => {
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.dataset.theme = theme;
  };
  wear(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    let theme = kept();
    const tell = () => { button.textContent = `Theme: ${theme}`; };
    tell();
    button.addEventListener("click", () => {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      wear(theme);
      tell();
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // A browser that keeps nothing forgets the theme, and that is all.
      }
    });
  });
}
