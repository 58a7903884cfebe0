"""The no-U-turn sampler on 30 simulated sites: what both tiers are compared with in tests/activity/test_nuts.py.

    make oracle                                                # ten minutes of one processor
    .venv/bin/python benchmarks/nuts_oracle.py --compare       # both tiers against what was written

Fifteen sites drift and are sampled under the whole decision model: y_i ~ Poisson(v_i r_i e^eta_i g_i + v_i f_i), g_i ~
Gamma(k, k) integrated out, eta_i the effects of `activity.design` plus an Ornstein-Uhlenbeck process, log-normal priors
of its sd and correlation time and of k (`Prior`). Fifteen do not drift, and are sampled under the same model without
the process, which is the screen's. Hoffman & Gelman (2014); numpyro on one processor, 64-bit, chains one after another.
The ratio of the windows' mean levels includes every unseen day, drawn from the process given its values at the images.

Writes the 5, 25, 50, 75 and 95 % quantiles of the log ratio and of the log step, the inputs, seeds, split R-hat and
effective sample size of each site to tests/activity/nuts_quantiles.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.screened import EVENT_D, flat_sites  # noqa: I001

from overlook.activity.design import Design, build
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.series import Usable
from overlook.terms import Count, Series, instant

TARGET = Path(__file__).resolve().parents[1] / "tests" / "activity" / "nuts_quantiles.json"
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
SEED = 20184
#: (rate, k, step ratio, visible from, false alarms); each three times without and three times with drift.
REGIMES = (
    (0.7, 8.0, 1.0, 1.0, 0.0),
    (2.0, 2.0, 2.0, 0.4, 0.0),
    (8.0, 8.0, 1.0, 0.4, 0.0),
    (8.0, 8.0, 1.5, 0.5, 1.0),
    (40.0, 30.0, 0.7, 1.0, 0.0),
)
IMAGES = ((40, 20), (27, 13), (13, 7))


def design_of(site: dict[str, np.ndarray]) -> Design:
    """The decision tier's design, drift included: the effects, the nodes, the days of both windows."""
    counts = [
        Count(
            series=Series(site="s", zone="z", cls="vehicle"),
            when=instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=float(t))),
            count=int(y),
            visible_fraction=float(v),
            false_alarms=float(f / v),
        )
        for t, y, v, f in zip(site["time_d"], site["counts"], site["exposure"], site["false_alarms"], strict=True)
    ]
    record = Usable(kept=tuple(counts), time_d=tuple(site["time_d"].tolist()), notes=())
    return build(
        record,
        DEFAULT_PRIOR,
        numerator=(EVENT_D, EVENT_D + 45),
        denominator=(EVENT_D - 120, EVENT_D),
        after_d=EVENT_D,
    )


def log_likelihood(y: Any, m: Any, k: Any, false_alarms: Any, *, has_false: bool) -> Any:
    """Negative binomial, or Delaporte by its sum over how many of the y were false; each (n,)."""
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import gammaln

    def negative_binomial(true: Any) -> Any:
        of_true = gammaln(true + k) - gammaln(k) - gammaln(true + 1.0)
        return of_true + k * jnp.log(k / (k + m)) + true * jnp.log(m / (k + m))

    if not has_false:
        return negative_binomial(y)
    false = jnp.arange(0.0, 15.0)[:, None]
    possible = false <= y
    true = jnp.where(possible, y - false, 0.0)
    of_false = false * jnp.log(false_alarms) - false_alarms - gammaln(false + 1.0)
    both = jnp.where(possible, negative_binomial(true) + of_false, -1e30)
    return jax.nn.logsumexp(both, axis=0)


@cache
def sampler(*, drifts: bool, has_false: bool, draws: int, warmup: int) -> Any:
    """Two chains of the model, compiled once for all sites of one shape."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    p = DEFAULT_PRIOR

    def process(gap_d: Any) -> Any:
        sigma = p.drift_sd * jnp.exp(p.drift_sd_logsd * numpyro.sample("log_sigma", dist.Normal(0, 1)))
        tau = p.correlation_time_d * jnp.exp(p.correlation_time_logsd * numpyro.sample("log_tau", dist.Normal(0, 1)))
        e = numpyro.sample("e", dist.Normal(0, 1).expand([gap_d.shape[0] + 1]).to_event(1))
        rho = jnp.exp(-gap_d / tau)

        def forward(u: Any, step: Any) -> Any:
            u = step[0] * u + jnp.sqrt(1 - step[0] ** 2) * step[1]
            return u, u

        _, rest = jax.lax.scan(forward, e[0], (rho, e[1:]))
        numpyro.deterministic("sigma", sigma)
        numpyro.deterministic("tau", tau)
        return numpyro.deterministic("u", sigma * jnp.concatenate([e[:1], rest]))

    def model(x: Any, effect_sd: Any, y: Any, offset: Any, false_alarms: Any, gap_d: Any) -> None:
        z = numpyro.sample("z", dist.Normal(0, 1).expand([x.shape[1]]).to_event(1))
        k = p.dispersion_k * jnp.exp(p.dispersion_logsd * numpyro.sample("log_k", dist.Normal(0, 1)))
        eta = x @ numpyro.deterministic("b", z * effect_sd) + (process(gap_d) if drifts else 0.0)
        told = log_likelihood(y, jnp.exp(eta + offset), k, false_alarms, has_false=has_false)
        numpyro.factor("images", told.sum())

    return MCMC(
        NUTS(model, target_accept_prob=0.9),
        num_warmup=warmup,
        num_samples=draws,
        num_chains=2,
        chain_method="sequential",
        progress_bar=False,
        jit_model_args=True,
    )


def sample(design: Design, *, drifts: bool, seed: int, draws: int, warmup: int) -> dict[str, np.ndarray]:
    """Draws by chain: effects b (chains, draws, p), and where the site drifts u at the images, sigma and tau."""
    import jax

    mcmc = sampler(drifts=drifts, has_false=bool(design.false_alarms.any()), draws=draws, warmup=warmup)
    gap_d = np.diff(design.node_d[design.node])
    mcmc.run(
        jax.random.PRNGKey(seed),
        *(design.design, design.effect_sd, design.y, design.offset, design.false_alarms, gap_d),
        extra_fields=("diverging",),
    )
    found = {name: np.asarray(values) for name, values in mcmc.get_samples(group_by_chain=True).items()}
    found["divergent"] = np.asarray(mcmc.get_extra_fields(group_by_chain=True)["diverging"])
    return found


def log_ratios(design: Design, drawn: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """The windows' log ratio of mean levels of every draw (chains, draws), unseen days drawn from the process."""
    level = drawn["b"] @ design.level_design.T
    if "u" in drawn:
        level += paths(np.random.default_rng(seed), design, drawn["u"], drawn["sigma"], drawn["tau"])
    mean = np.exp(level) @ (design.days / design.days.sum(axis=0))
    ratios: np.ndarray = np.log(mean[..., 0] / mean[..., 1])
    return ratios


def paths(rng: np.random.Generator, design: Design, u: np.ndarray, sigma: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """The process at every node (chains, draws, m) given its values at the images: one bridge after another."""
    at, n_nodes = design.node_d, design.node_d.size
    values = np.empty((*sigma.shape, n_nodes))
    image = {int(node): i for i, node in enumerate(design.node)}
    following = {j: min((node for node in image if node >= j), default=None) for j in range(n_nodes)}
    for j in range(n_nodes):
        if j in image:
            values[..., j] = u[..., image[j]]
            continue
        left = np.exp(-(at[j] - at[j - 1]) / tau) if j else np.zeros_like(tau)
        end = following[j]
        right = np.zeros_like(tau) if end is None else np.exp(-(at[end] - at[j]) / tau)
        rest = 1 - left**2 * right**2
        mean = left * (1 - right**2) / rest * (values[..., j - 1] if j else 0.0)
        mean = mean + right * (1 - left**2) / rest * (0.0 if end is None else u[..., image[end]])
        sd = sigma * np.sqrt((1 - left**2) * (1 - right**2) / rest)
        values[..., j] = mean + sd * rng.normal(size=tau.shape)
    return values


def split_r_hat(values: np.ndarray) -> float:
    """Split R-hat of draws (chains, draws), Gelman et al. (2013, sec. 11.4)."""
    half = values.shape[1] // 2
    parts = values[:, : 2 * half].reshape(-1, half)
    within, between = parts.var(axis=1, ddof=1).mean(), half * parts.mean(axis=1).var(ddof=1)
    return float(np.sqrt(((half - 1) / half * within + between / half) / within))


def asked(number: int, draws: int, warmup: int) -> dict[str, Any]:
    from numpyro.diagnostics import effective_sample_size

    drifts = number % 2 == 1
    rate, k, ratio, visible, false = REGIMES[number // 2 % 5]
    images = IMAGES[number // 10]
    seed = SEED + number
    truth = {"rate": rate, "k": k, "step": float(np.log(ratio)), "visible_from": visible, "false_alarms": false}
    site = flat_sites(np.random.default_rng(seed), 1, *images, drift_sd=0.35 if drifts else 0.0, **truth)
    design = design_of(site)
    started = time.process_time()
    # Without the process a draw costs a tenth: more of them, for less error of its own.
    drawn = sample(design, drifts=drifts, seed=seed, draws=draws if drifts else 2 * draws, warmup=warmup)
    seconds = time.process_time() - started
    step, log_ratio = drawn["b"][..., 1], log_ratios(design, drawn, seed)
    r_hat = max(split_r_hat(step), split_r_hat(log_ratio))
    ess = float(min(effective_sample_size(step), effective_sample_size(log_ratio)))
    print(
        f"site {number:2d} | drift {'yes' if drifts else 'no '} | {images[0]} + {images[1]} | rate {rate:4g} | "
        f"R-hat {r_hat:.4f} | ESS {ess:5.0f} | divergent {int(drawn['divergent'].sum())} | {seconds:.0f} s",
        flush=True,
    )
    return {
        "drifts": drifts,
        "seed": seed,
        "draws": int(step.size),
        **truth,
        "effects": list(design.names),
        "site": {name: np.round(values.astype(float), 6).tolist() for name, values in site.items()},
        "step": {"quantiles": quantiles(step), "sd": round(float(step.std()), 5)},
        "ratio": {"quantiles": quantiles(log_ratio), "sd": round(float(log_ratio.std()), 5)},
        "r_hat": round(r_hat, 4),
        "effective_sample_size": round(ess),
        "divergent": int(drawn["divergent"].sum()),
    }


def quantiles(values: np.ndarray) -> list[float]:
    return [round(float(q), 5) for q in np.quantile(values, PROBABILITIES)]


def compare() -> None:
    """Errors of both tiers' quantiles in sds of the oracle's posterior: the greatest of any site, and their rms."""
    from activity import test_nuts as oracle
    from overlook.activity import screen_sites

    def screened(sites: list[dict[str, Any]]) -> list[Any]:
        return [
            screen_sites(**oracle.arrays(site), probabilities=PROBABILITIES).step_without_drift[0] for site in sites
        ]

    def decided(sites: list[dict[str, Any]], what: str, prior: Any) -> list[Any]:
        found = [oracle.decided(site, prior) for site in sites]
        return [(p.effect("step") if what == "step" else p.contrast()).quantiles(*PROBABILITIES) for p in found]

    still, drifting = oracle.STILL, oracle.DRIFTING
    rows = [("screen, step", still, "step", screened(still))]
    for what in ("step", "ratio"):
        rows.append((f"decision, {what}, no drift", still, what, decided(still, what, oracle.NO_DRIFT)))
        rows.append((f"decision, {what}, drift", drifting, what, decided(drifting, what, DEFAULT_PRIOR)))
    print(
        "| what | sites | 5 % | 25 % | 50 % | 75 % | 95 % | root mean square |",
        "|---|---|---|---|---|---|---|---|",
        sep="\n",
    )
    for name, sites, what, told in rows:
        error = oracle.errors(sites, what, told)
        greatest = " | ".join(f"{x:.3f}" for x in np.abs(error).max(axis=0))
        print(f"| {name} | {len(sites)} | {greatest} | {np.sqrt((error**2).mean()):.3f} |")
    ess = [site["effective_sample_size"] for site in oracle.ORACLE["sites"]]
    print(
        f"\nworst split R-hat {max(site['r_hat'] for site in oracle.ORACLE['sites'])}, least effective sample size "
        f"{min(ess)}: its own 5 % quantile is uncertain by {np.sqrt(0.05 * 0.95 / min(ess)) / 0.103:.3f} sd there"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--compare", action="store_true", help="only print how far both tiers are from what was written"
    )
    parser.add_argument("--first", type=int, default=0, help="the number of the first site")
    parser.add_argument("--sites", type=int, default=30)
    parser.add_argument("--draws", type=int, default=2500)
    parser.add_argument("--warmup", type=int, default=700)
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args()
    if args.compare:
        compare()
        return
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platform_name", "cpu")
    head = {"prior": DEFAULT_PRIOR.name, "probabilities": PROBABILITIES, "chains": 2, "warmup": args.warmup}
    found: list[dict[str, Any]] = []
    for number in range(args.first, args.first + args.sites):
        found.append(asked(number, args.draws, args.warmup))
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in found)
        args.out.write_text(json.dumps(head)[:-1] + ', "sites": [\n' + rows + "\n]}\n")
    print(f"worst R-hat {max(row['r_hat'] for row in found):.4f}; {args.out.name} written")


if __name__ == "__main__":
    main()
