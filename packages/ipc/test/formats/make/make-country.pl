# Makes `country.mmdb` with MaxMind's own writer (MaxMind::DB::Writer 0.300003): `perl make-country.pl ../files`.
# `mmdblookup -f ../files/country.mmdb -i 81.2.69.160` prints what MaxMind's own reader finds.
use strict;
use warnings;
use utf8;
use MaxMind::DB::Writer::Tree;

my %types = (
    country => 'map', names => 'map', iso_code => 'utf8_string', en => 'utf8_string', de => 'utf8_string',
    population => 'uint64', asn => 'uint32', latitude => 'double', is_eu => 'boolean',
    tags => [ 'array', 'utf8_string' ],
);
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 4, record_size => 28, database_type => 'Example-Country', languages => [ 'en', 'de' ],
    description => { en => 'An example' }, map_key_type_callback => sub { $types{ $_[0] } },
);
$tree->insert_network('81.2.69.0/24', {
    country => { iso_code => 'GB', names => { en => 'United Kingdom', de => 'Vereinigtes Königreich' } },
    asn => 20712, is_eu => 0, latitude => 51.5142, population => 68000000,
});
$tree->insert_network('2.125.160.216/29', {
    country => { iso_code => 'DE', names => { en => 'Germany', de => 'Deutschland' } },
    asn => 4200000000, is_eu => 1, latitude => -0.5, population => 5000000000, tags => [ 'a', 'bc' ],
});
open my $file, '>:raw', "$ARGV[0]/country.mmdb" or die $!;
$tree->write_tree($file);
close $file;
