"""Rules for initial weights, under mlpack's names."""
from mlpack_ann.init_rules.const_init import ConstInitialization
from mlpack_ann.init_rules.gaussian_init import GaussianInitialization
from mlpack_ann.init_rules.glorot_init import (GlorotInitialization, GlorotInitializationType,
                                               XavierInitialization)
from mlpack_ann.init_rules.he_init import HeInitialization
from mlpack_ann.init_rules.kathirvalavakumar_subavathi_init import (
    KathirvalavakumarSubavathiInitialization)
from mlpack_ann.init_rules.lecun_normal_init import LecunNormalInitialization
from mlpack_ann.init_rules.network_init import NetworkInitialization
from mlpack_ann.init_rules.nguyen_widrow_init import NguyenWidrowInitialization
from mlpack_ann.init_rules.oivs_init import OivsInitialization
from mlpack_ann.init_rules.orthogonal_init import OrthogonalInitialization
from mlpack_ann.init_rules.random_init import RandomInitialization
