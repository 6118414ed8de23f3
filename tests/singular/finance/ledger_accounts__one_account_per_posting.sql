select posting, region, count(*) as accounts
from {{ ref('ledger_accounts') }}
group by posting, region
having count(*) > 1
