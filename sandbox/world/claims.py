"""Which creator an order is credited to by the platform, and what he earns by it.

The one place that decides this: settlements, affiliate orders, videos and LIVE rooms all ask here, so that the
commission of the statement is the sum of those on the affiliate orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.world.catalog import Sku
from sandbox.world.lives import Life, Line, Return
from sandbox.world.money import share
from sandbox.world.promotion import Account, Terms, Video, creator_of, own_accounts, room, terms, videos_of

_ADS_RATE = 400
"""Of orders that an ad brought to a creator's content, hundredths of a percent."""
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A creator's claim on one SKU of an order.

    Attributes:
        lines: The units of the SKU that are no gifts, cancelled ones too.
        ads_rate: What he gets besides because of ads, hundredths of a percent.
    """

    sku: Sku
    creator: Account
    content_type: str
    content_id: str
    terms: Terms
    ads_rate: int
    lines: tuple[Line, ...]

    def base(self, at: int | None = None) -> int:
        """What commission is reckoned on: original price less the seller's discount, of lines not cancelled.

        Args:
            at: As known at a moment, unix seconds; None for the end of the story.
        """
        return sum(
            line.original - line.seller_discount
            for line in self.lines
            if line.cancelled_at is None or (at is not None and line.cancelled_at > at)
        )


@dataclass(frozen=True, slots=True)
class Commission:
    """What a creator and those around him get."""

    standard: int
    agency: int
    ads: int
    bonus: int


def is_affiliate(life: Life) -> bool:
    """Whether a creator has a part in an order."""
    if not life.is_sale:
        return False
    if life.buyer % 5 < 2:
        return True
    live = _creator_on_air(life)
    # Now and then somebody buys in a creator's room who is credited to nobody.
    return live is not None and life.created % 10 != 0


def claims_of(life: Life) -> tuple[Claim, ...]:
    """The claims of creators on an order, at most one a SKU."""
    if life.claims is None:
        life.claims = _claims(life)
    return life.claims


def _claims(life: Life) -> tuple[Claim, ...]:
    if not is_affiliate(life):
        return ()
    lines: dict[str, list[Line]] = {}
    for line in life.lines:
        if not line.is_gift:
            lines.setdefault(line.sku.id, []).append(line)
    ads_rate = _ADS_RATE if life.buyer % 23 == 0 else 0
    live = _creator_on_air(life)
    claims: list[Claim] = []
    for number, units in enumerate(lines.values()):
        sku = units[0].sku
        if number and life.created % 9 == 0:
            # Only the first thing was found by a creator.
            break
        if live is not None and life.created % 6 != 0:
            creator, content = live, ("LIVE", life.lines[0].room_id)
        else:
            # Two creators in one order, now and then; and the video of one for what was bought in the room of another.
            draw = life.buyer * 17 + (
                life.created * (number + 1) if life.created % 7 == 0 else life.created // 3 % 3
            )
            creator = creator_of(life.shop, draw)
            content = _content(life, creator, sku)
        agreed = terms(life.shop, creator, sku.product_id, life.created)
        claims.append(Claim(sku, creator, *content, agreed, ads_rate, tuple(units)))
    return tuple(claims)


def own_video(life: Life) -> Video | None:
    """The video of the shop's own account that led to an order in which no creator has a part."""
    if not life.is_sale or life.lines[0].room_id or life.created % 8 or claims_of(life):
        return None
    posted = videos_of(life.shop, own_accounts(life.shop)[0], life.created)
    return posted[life.created // 8 % len(posted)] if posted else None


def _creator_on_air(life: Life) -> Account | None:
    """The creator in whose room an order was placed."""
    room_id = life.lines[0].room_id
    found = room(life.shop, room_id) if room_id else None
    return found.account if found is not None and not found.account.is_own else None


def _content(life: Life, creator: Account, sku: Sku) -> tuple[str, str]:
    draw = life.created % 13
    if draw == 0:
        return "LINKSHARE", ""
    if draw == 1:
        return "PROMOTION_PAGE", ""
    if draw > 3:
        posted = videos_of(life.shop, creator, life.created)
        chosen = [one for one in posted if sku.product_id in one.product_ids] or posted
        if chosen:
            return "VIDEO", chosen[life.created // 13 % len(chosen)].id
    return "SHOP", ""


def commission(claim: Claim, base: int) -> Commission:
    """The commissions on a base."""
    agreed = claim.terms
    return Commission(
        standard=share(base, agreed.rate, _WHOLE),
        agency=share(base, agreed.agency_rate, _WHOLE),
        ads=share(base, claim.ads_rate, _WHOLE),
        bonus=share(base, agreed.bonus_rate, _WHOLE),
    )


def refunded_base(claim: Claim, requests: Sequence[Return]) -> int:
    """What of the base was paid back by some requests; never more than it."""
    back = 0
    for request in requests:
        for line, amount, _ in request.refunds:
            if line.sale and line.sku is claim.sku and not line.is_gift:
                back += share(line.original, amount, line.sale) - share(
                    line.seller_discount, amount, line.sale
                )
    return min(back, claim.base())


def earned(claim: Claim, requests: Sequence[Return]) -> Commission:
    """What is left of the commissions after some refunds: those of creator and agency shrink with the base."""
    base = claim.base()
    full = commission(claim, base)
    left = base - refunded_base(claim, requests)
    return Commission(share(full.standard, left, base), share(full.agency, left, base), full.ads, full.bonus)


def refunds(life: Life) -> list[Return]:
    """The refunds of an order, in the order in which the money went back."""
    done = [
        (request.completed_at, request.id, request)
        for request in life.returns
        if request.completed_at is not None
    ]
    return [request for _, _, request in sorted(done, key=lambda item: item[:2])]


def fees(life: Life, base: int) -> dict[str, int]:
    """The commissions on an order as the statement names them.

    Args:
        life: The order.
        base: What the whole order earns on; ads may bring an order that no creator has a part in.
    """
    claims = claims_of(life)
    if not claims:
        ads = share(base, _ADS_RATE, _WHOLE) if life.buyer % 23 == 0 else 0
        return {"affiliate_ads_commission_amount": ads} if ads else {}
    full = [commission(claim, claim.base()) for claim in claims]
    return _by_component(full)


def fees_back(life: Life, request: Return) -> dict[str, int]:
    """What of the commissions comes back with a refund."""
    done = refunds(life)
    before = done[: next(number for number, known in enumerate(done) if known is request)]
    claims = claims_of(life)
    old = _by_component([earned(claim, before) for claim in claims])
    new = _by_component([earned(claim, [*before, request]) for claim in claims])
    return {name: amount - new.get(name, 0) for name, amount in old.items() if amount != new.get(name, 0)}


def _by_component(parts: list[Commission]) -> dict[str, int]:
    sums = {
        "affiliate_commission_amount": sum(part.standard for part in parts),
        "affiliate_partner_commission_amount": sum(part.agency for part in parts),
        "affiliate_ads_commission_amount": sum(part.ads for part in parts),
        "cofunded_creator_bonus_amount": sum(part.bonus for part in parts),
    }
    return {name: amount for name, amount in sums.items() if amount}


def sold_by(life: Life) -> dict[str, list[Line]]:
    """The videos that led to an order, each with its lines."""
    found: dict[str, list[Line]] = {}
    for claim in claims_of(life):
        if claim.content_type == "VIDEO":
            found.setdefault(claim.content_id, []).extend(claim.lines)
    own = own_video(life)
    if own is not None:
        found[own.id] = [line for line in life.lines if not line.is_gift]
    return found
