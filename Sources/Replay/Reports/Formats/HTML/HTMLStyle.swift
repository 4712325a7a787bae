/// How the HTML report looks.
enum HTMLStyle {
    /// Its SHA-256, by which the report's policy lets it and nothing else stand; a test holds the two together.
    static let hash = "sha256-YNYFYFGAvG2r476GWMO3IiZVmLVAyXH1ybgRefTnIU4="

    static let text = """

        :root{color-scheme:light dark;--ground:#fff;--raised:#f6f7f9;--line:#d5d9e0;--text:#1c2128;--dim:#5a6472;--link:#0b57c2;
        --good:#14702f;--bad:#b3261e;--odd:#8a5300;--recorded:#e4f3e7;--now:#fde8e6;--marked:#ffd54a66;--client:#e9f0fc;--server:#efe9f7}
        @media(prefers-color-scheme:dark){:root{--ground:#14171c;--raised:#1d2229;--line:#38404b;--text:#e6e9ee;--dim:#a0a9b6;
        --link:#8ab8ff;--good:#6fd18b;--bad:#ff8f86;--odd:#f0b45a;--recorded:#17301e;--now:#3a1f1d;--marked:#d9a40059;--client:#1b2a41;--server:#2c2639}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:80rem;padding:1rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
        code,pre,dd{font:.875rem/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
        h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.25rem;margin:1.5rem 0 .5rem}
        h3,h4{display:inline;font-size:1rem;margin:0;overflow-wrap:anywhere}.inside>h4{display:block;margin:1rem 0 .5rem}
        a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
        .skip{position:absolute;left:-100rem}.skip:focus{position:static}
        .verdict.failed,.verdict.impossible,.verdict.interrupted,.problem{color:var(--bad)}.verdict.passed{color:var(--good)}
        .counts{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;margin:0;padding:0}
        .counts li{border:1px solid var(--line);border-radius:.5rem;padding:.125rem .75rem}
        .failed b,.impossible b{color:var(--bad)}.passed b,.updated b{color:var(--good)}.flaky b,.notRun b{color:var(--odd)}
        .badge{display:inline-block;min-width:4.5rem;padding:0 .5rem;border:1px solid currentcolor;border-radius:1rem;text-align:center;
        font-size:.8125rem;white-space:nowrap;color:var(--dim)}
        .failed>td>.badge,.failed>summary>.badge,.impossible>td>.badge,.impossible>summary>.badge{color:var(--bad);font-weight:600}
        .passed>td>.badge,.passed>summary>.badge,.updated>td>.badge,.updated>summary>.badge{color:var(--good)}
        .flaky>td>.badge,.flaky>summary>.badge{color:var(--odd)}
        .filter{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;margin:.5rem 0}.filter[hidden]{display:none}
        input,select{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--dim);border-radius:.25rem;padding:.25rem .5rem}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.375rem .75rem;border-bottom:1px solid var(--line);vertical-align:top}
        tbody th{font-weight:400;overflow-wrap:anywhere;min-width:12rem}thead th{color:var(--dim);font-size:.875rem}
        .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}thead .number{white-space:normal}
        details.recording{border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0;background:var(--raised)}
        details.recording.failed,details.recording.impossible{border-left:.375rem solid var(--bad)}
        summary{cursor:pointer}.recording>summary{padding:.5rem .75rem}.inside{padding:0 .75rem .75rem}
        .facts,.legend,.omitted,.notes,.rule,footer{color:var(--dim);font-size:.875rem}.inside>details{margin:.75rem 0}
        .differences{margin:0;padding-left:1.75rem}.differences>li{margin:.5rem 0}.differences p{margin:.25rem 0}.place{font-weight:600}
        .sides{display:grid;grid-template-columns:1fr 1fr;gap:.5rem;margin:.25rem 0}
        .sides>div{border-radius:.25rem;padding:.25rem .5rem;min-width:0}.sides .recorded{background:var(--recorded)}.sides .now{background:var(--now)}
        dt{font-size:.75rem;color:var(--dim)}dd{margin:0}mark{background:var(--marked);color:inherit;border-bottom:2px solid currentcolor}
        pre{background:var(--ground);border:1px solid var(--line);border-radius:.25rem;padding:.5rem;max-height:20rem;overflow:auto;margin:.25rem 0}
        .conversation{list-style:none;margin:.5rem 0;padding:0}
        .conversation>li{display:grid;grid-template-columns:13.5rem 1fr;gap:.75rem;padding:.1875rem 0;align-items:start}
        .conversation>.omitted{display:block;text-align:center;border-block:1px dashed var(--line);margin:.25rem 0}
        .times{display:grid;grid-template-columns:1fr 1fr;gap:.5rem;text-align:right;color:var(--dim);
        font:.8125rem/1.75 ui-monospace,Consolas,monospace}.times .now{color:var(--text)}
        .said{border-radius:.5rem;padding:.125rem .625rem;min-width:0;max-width:100%}
        .client>.said{background:var(--client);margin-right:25%;justify-self:start}
        .server>.said{background:var(--server);margin-left:25%;justify-self:end}
        .event>.said{color:var(--dim);font-size:.875rem}
        .differs>.said,.missing>.said,.extra>.said{outline:2px solid var(--bad);justify-self:stretch}.notReached{opacity:.75}
        .who{color:var(--dim);font-size:.8125rem}.state,.state a{color:var(--bad)}.notReached .state{color:var(--dim)}.other{font-size:.8125rem;color:var(--dim)}
        @media(max-width:45rem){.sides{grid-template-columns:1fr}.conversation>li{grid-template-columns:1fr;gap:0}
        .times{grid-template-columns:auto auto;justify-content:start;line-height:1.25}.client>.said{margin-right:8%}.server>.said{margin-left:8%}
        .list{font-size:.875rem}.list th,.list td{padding:.25rem}
        .list tbody th{min-width:7rem}.badge{min-width:0}}
        @media print{details.recording{break-inside:avoid}.filter,.skip{display:none}}
        @media(forced-colors:active){mark{border-bottom:3px solid}.said{border:1px solid}}

        """
}
