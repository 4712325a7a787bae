/// What the HTML report does beyond being read: it filters the list, and opens what a link leads to.
enum HTMLScript {
    /// Its SHA-256, by which the report's policy lets it and nothing else stand; a test holds the two together.
    static let hash = "sha256-NMuhvVuRpQKYcPJwDAHlFVc58n/b/Q/JXqmGJ5SbkNs="

    static let text = """

        "use strict";
        (function () {
          var filter = document.querySelector(".filter"), path = document.getElementById("path");
          var status = document.getElementById("status"), shown = document.getElementById("shown");
          var rows = Array.prototype.slice.call(document.querySelectorAll("table.list tbody tr"));
          function apply() {
            var text = path.value.toLowerCase(), count = 0;
            rows.forEach(function (row) {
              var link = row.querySelector("a");
              var fits = link.textContent.toLowerCase().indexOf(text) >= 0 && (!status.value || row.dataset.status === status.value);
              row.hidden = !fits;
              document.getElementById(link.hash.slice(1)).hidden = !fits;
              if (fits) { count += 1; }
            });
            shown.textContent = count === rows.length ? "" : count + " of " + rows.length + " shown";
          }
          function open() {
            var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
            for (var node = target; node; node = node.parentElement) { if (node.tagName === "DETAILS") { node.open = true; } }
            if (target) { target.scrollIntoView(); }
          }
          path.addEventListener("input", apply);
          status.addEventListener("change", apply);
          addEventListener("hashchange", open);
          filter.hidden = false;
          open();
        })();

        """
}
